// What pages ask of the API about accounts.
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answer, api, type Schemas } from "../../api/client";

export type Account = Schemas["AccountAnswer"];

const LARGEST_PAGE = 200;

/** Every account of the workspace, page after page. */
export async function readAllAccounts(): Promise<Account[]> {
  const all: Account[] = [];
  let cursor: string | undefined;
  do {
    const page = await answer(api.GET("/api/v1/accounts", { params: { query: { limit: LARGEST_PAGE, cursor } } }));
    all.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

/** Change an account; whatever shows it is asked again. */
export function useChangeAccount(account: Account, onSaved: () => void = () => undefined) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas["AccountChange"]) => answer(api.PATCH("/api/v1/accounts/{account_id}", { params: { path: { account_id: account.id } }, body })),
    onSuccess: async (changed) => {
      queries.setQueryData(["accounts", account.id], changed);
      await queries.invalidateQueries({ queryKey: ["accounts"] });
      notifications.show({ message: "Saved", color: "teal" });
      onSaved();
    },
  });
}
