// The lanes of a campaign: one for each account, the ones that stand still first.
import { Group, Text, TextInput } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useMemo, useRef, useState } from "react";

import { byName, count, plural } from "../../../shared/format";
import { Countdown } from "../../../shared/moment";
import { upperFirst } from "../../../shared/problem-notice";
import { StateBadge } from "../../../shared/state-badge";
import type { ProgressAccount } from "../campaign-calls";

const URGENCY = ["broken", "backing_off", "limited", "disabled", "ready"];
const ROW = 58;
const VISIBLE = 9;

/** Drawn anew when progress is read, not with every event of the feed. */
export const Lanes = memo(function Lanes({ accounts }: { accounts: readonly ProgressAccount[] }) {
  const [words, setWords] = useState("");
  const rows = useMemo(() => sorted(accounts).filter((one) => one.name.toLowerCase().includes(words.toLowerCase())), [accounts, words]);
  const most = useMemo(() => accounts.reduce((most_yet, one) => Math.max(most_yet, one.sent), 1), [accounts]);
  const scroller = useRef<HTMLDivElement>(null);
  const window_ = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 4 });
  return (
    <>
      <Group justify="space-between" mb="xs">
        <Text size="sm" c="dimmed">{states(accounts)}</Text>
        {accounts.length > VISIBLE && <TextInput size="xs" aria-label="Find accounts" placeholder="Find by name" value={words} onChange={(event) => setWords(event.currentTarget.value)} />}
      </Group>
      <div ref={scroller} className="surface lanes" tabIndex={0} role="region" aria-label="Accounts of this campaign" style={{ maxHeight: ROW * VISIBLE }}>
        <ul style={{ height: window_.getTotalSize() }}>
          {window_.getVirtualItems().map((item) => {
            const account = rows[item.index];
            return account && <Lane key={account.name} account={account} most={most} top={item.start} position={item.index + 1} total={rows.length} />;
          })}
        </ul>
      </div>
    </>
  );
});

function Lane({ account, most, top, position, total }: { account: ProgressAccount; most: number; top: number; position: number; total: number }) {
  return (
    <li className="lane" style={{ transform: `translateY(${top}px)`, height: ROW }} aria-posinset={position} aria-setsize={total}>
      <div className="lane-name">
        <Text size="sm" fw={600} className="truncate">{account.name}</Text>
        <Text size="xs" c="dimmed" className="truncate" title={account.reason ?? undefined}>
          {account.reason ? upperFirst(account.reason) : `${count(account.sent_this_hour)} this hour, ${count(account.sent_today)} today`}
          {account.resumes_at && <>; goes on in <Countdown to={account.resumes_at} /></>}
        </Text>
      </div>
      <StateBadge state={account.state} size="sm" />
      <div className="lane-bar" aria-hidden="true"><div style={{ width: `${(100 * account.sent) / most}%` }} /></div>
      <Text size="sm" className="figures lane-figure">{count(account.sent)}<span className="visually-hidden"> sent</span></Text>
    </li>
  );
}

function sorted(accounts: readonly ProgressAccount[]): ProgressAccount[] {
  return [...accounts].sort((a, b) => URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state) || b.sent - a.sent || byName(a, b));
}

function states(accounts: readonly ProgressAccount[]): string {
  const counts = new Map<string, number>();
  for (const account of accounts) counts.set(account.state, (counts.get(account.state) ?? 0) + 1);
  return `${plural(accounts.length, "account")}: ${URGENCY.filter((state) => counts.has(state)).map((state) => `${count(counts.get(state) ?? 0)} ${state.replace("_", " ")}`).join(", ")}`;
}
