// The files that a message may show or carry.
import { useQuery } from "@tanstack/react-query";

import { answer, api } from "../../api/client";
import { useMay } from "../../api/session";

/** Those that the person may see; empty until they have come. */
export function useFilesChoice() {
  const may = useMay();
  const files = useQuery({
    queryKey: ["files", "choice"],
    queryFn: () => answer(api.GET("/api/v1/files", { params: { query: { limit: 200 } } })),
    enabled: may("campaigns:read"),
    staleTime: 15_000,
  });
  return files.data?.items ?? [];
}
