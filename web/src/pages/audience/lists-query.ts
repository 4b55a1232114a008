// The lists of the workspace, all of them: for choices.
import { useQuery } from "@tanstack/react-query";

import { answer, api, type Schemas } from "../../api/client";

export type ContactList = Schemas["ListAnswer"];

/** Every list, in the order of creation; a workspace has tens of them, not thousands. */
export function useLists() {
  return useQuery({ queryKey: ["lists", "all"], queryFn: readAll });
}

async function readAll(): Promise<ContactList[]> {
  const found: ContactList[] = [];
  let cursor: string | undefined;
  do {
    const page = await answer(api.GET("/api/v1/lists", { params: { query: { cursor, limit: 200 } } }));
    found.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return found;
}
