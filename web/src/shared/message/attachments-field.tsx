// What is attached to every message: files that were uploaded before.
import { Anchor, MultiSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { answer, api } from "../../api/client";
import { useMay } from "../../api/session";
import { bytes } from "../format";

interface AttachmentsFieldProps {
  value: string[];
  onChange: (ids: string[]) => void;
  readOnly: boolean;
  error?: string;
}

export function AttachmentsField({ value, onChange, readOnly, error }: AttachmentsFieldProps) {
  const may = useMay();
  const files = useQuery({
    queryKey: ["files", "choice"],
    queryFn: () => answer(api.GET("/api/v1/files", { params: { query: { limit: 200 } } })),
    enabled: may("campaigns:read"),
    staleTime: 15_000,
  });
  const known = files.data?.items ?? [];
  const data = known.map((one) => ({ value: one.id, label: `${one.name} (${bytes(one.size)})` }));
  for (const id of value) if (!data.some((one) => one.value === id)) data.push({ value: id, label: "A file that is not in the list" });
  if (data.length === 0) return null;
  const size = known.filter((one) => value.includes(one.id)).reduce((sum, one) => sum + one.size, 0);
  return (
    <MultiSelect label="Attachments" data={data} value={value} onChange={onChange} disabled={readOnly} searchable clearable error={error} clearButtonProps={{ "aria-label": "Attach nothing" }}
      description={<>{size > 0 ? `${bytes(size)} with every message; 5 MB at most. ` : ""}<Anchor component={Link} to="/files" inherit>Upload others</Anchor></>} />
  );
}
