// Every account as a lane: what it may still send this hour and today, what it does, and when it goes on.
import { Anchor, Button, Group, Text, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useMemo, useRef, useState } from "react";
import { Link } from "react-router";

import { useLiveAccount } from "../../api/feed";
import { EmptyState } from "../../shared/empty-state";
import { byName, count } from "../../shared/format";
import { Later } from "../../shared/later";
import { Meter } from "../../shared/meter";
import { Countdown } from "../../shared/moment";
import { upperFirst } from "../../shared/problem-notice";
import { StateBadge } from "../../shared/state-badge";
import { readAllAccounts, type Account } from "../accounts/account-calls";

const URGENCY = ["broken", "backing_off", "limited", "ready", "disabled"];
const ROW = 64;
const VISIBLE = 8;

/** Drawn anew when the list is read, not with every event: each lane follows the feed by itself. */
export const AccountLanes = memo(function AccountLanes() {
  const accounts = useQuery({ queryKey: ["accounts", "all"], queryFn: readAllAccounts, refetchInterval: (query) => ((query.state.data?.length ?? 0) > 200 ? 15_000 : 5_000) });
  const [words, setWords] = useState("");
  const rows = useMemo(() => sorted(accounts.data ?? []).filter((one) => `${one.name} ${one.host} ${one.tags.join(" ")}`.toLowerCase().includes(words.toLowerCase())), [accounts.data, words]);
  if (!accounts.data) return null;
  if (accounts.data.length === 0) {
    return (
      <EmptyState icon="account" title="No account yet" action={<Button component={Link} to="/accounts/new">Add an account</Button>}>
        An account is a login at a mail server. Here you will see what each may still send, and why one rests.
      </EmptyState>
    );
  }
  return (
    <section aria-labelledby="lanes">
      <Group justify="space-between" mb="sm">
        <Title order={2} id="lanes">Accounts <Text component="span" c="dimmed" fw={400} className="figures">{count(accounts.data.length)}</Text></Title>
        {accounts.data.length > VISIBLE && <TextInput size="xs" aria-label="Find accounts" placeholder="Find by name, server or tag" value={words} onChange={(event) => setWords(event.currentTarget.value)} />}
      </Group>
      <Later><Rows rows={rows} /></Later>
    </section>
  );
});

function Rows({ rows }: { rows: readonly Account[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const window_ = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 4 });
  return (
    <div ref={scroller} className="surface lanes" tabIndex={0} role="region" aria-label="Accounts" style={{ maxHeight: ROW * VISIBLE }}>
      <ul style={{ height: window_.getTotalSize() }}>
        {window_.getVirtualItems().map((item) => {
          const account = rows[item.index];
          return account && <AccountLane key={account.id} account={account} top={item.start} position={item.index + 1} total={rows.length} />;
        })}
      </ul>
    </div>
  );
}

function AccountLane({ account, top, position, total }: { account: Account; top: number; position: number; total: number }) {
  const live = useLiveAccount(account.id);
  const { state, reason, resumes_at } = live ?? account;
  return (
    <li className="lane account-lane" style={{ transform: `translateY(${top}px)`, height: ROW }} aria-posinset={position} aria-setsize={total}>
      <div className="lane-name">
        <Anchor component={Link} to={`/accounts/${account.id}`} size="sm" fw={600} className="truncate" display="block">{account.name}</Anchor>
        <Text size="xs" c="dimmed" className="truncate" title={reason ?? undefined}>
          {reason ? upperFirst(reason) : account.host}{resumes_at && <>; goes on in <Countdown to={resumes_at} /></>}
          {!reason && <span className="narrow-only figures">, {count(account.sent_today)}{account.daily_limit > 0 && ` of ${count(account.daily_limit)}`} today</span>}
        </Text>
      </div>
      <StateBadge state={state} size="sm" />
      <Meter label="This hour" used={account.sent_this_hour} limit={account.hourly_limit} />
      <Meter label="Today" used={account.sent_today} limit={account.daily_limit} />
    </li>
  );
}

function sorted(accounts: readonly Account[]): Account[] {
  return [...accounts].sort((a, b) => URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state) || b.sent_today - a.sent_today || byName(a, b));
}
