// How fast each account goes, from two looks at what it has sent.
import { useEffect, useRef, useState } from "react";

import type { ProgressAccount } from "../../campaign-calls";

const SHORTEST_MS = 1500;

/** Messages a second by account name, as of the last two looks. */
export function useAccountRates(accounts: readonly ProgressAccount[]): ReadonlyMap<string, number> {
  const last = useRef<{ at: number; sent: Map<string, number> } | null>(null);
  const [rates, setRates] = useState<ReadonlyMap<string, number>>(new Map());
  useEffect(() => {
    const at = Date.now();
    const before = last.current;
    if (before && at - before.at < SHORTEST_MS) return;
    last.current = { at, sent: new Map(accounts.map((one) => [one.name, one.sent])) };
    if (before) setRates(new Map(accounts.map((one) => [one.name, Math.max(0, (1000 * (one.sent - (before.sent.get(one.name) ?? one.sent))) / (at - before.at))])));
  }, [accounts]);
  return rates;
}
