// What pages ask of the API about accounts.
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
