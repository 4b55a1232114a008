// The lanes of a WhatsApp campaign: one for each number, with its quality, and its rate beside the one that it may have.
import { Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { memo } from "react";

import { count, plural, rate } from "../../../../shared/format";
import { Countdown } from "../../../../shared/moment";
import { upperFirst } from "../../../../shared/problem-notice";
import { RowsTable, type Column } from "../../../../shared/data-table";
import { StateBadge } from "../../../../shared/state-badge";
import { readAllAccounts } from "../../../accounts/account-calls";
import { QualityBadge } from "../../../whatsapp/quality-badge";
import type { ProgressAccount } from "../../campaign-calls";
import { useAccountRates } from "./account-rates";

interface NumberLane extends ProgressAccount {
  perSecond: number;
  /** What the provider allows; 0: not known here. */
  allowed: number;
  quality: string;
  messaging_limit: number | null;
}

export const NumberLanes = memo(function NumberLanes({ accounts }: { accounts: readonly ProgressAccount[] }) {
  const known = useQuery({ queryKey: ["accounts", "all"], queryFn: readAllAccounts, refetchInterval: 15_000 });
  const rates = useAccountRates(accounts);
  const by_name = new Map((known.data ?? []).map((one) => [one.name, one.whatsapp]));
  const lanes = accounts.map((one): NumberLane => {
    const number = by_name.get(one.name);
    return { ...one, perSecond: rates.get(one.name) ?? 0, allowed: number?.messages_per_second ?? 0, quality: number?.quality ?? "", messaging_limit: number?.messaging_limit ?? null };
  });
  const together = lanes.reduce((sum, one) => sum + one.perSecond, 0);
  const allowed = lanes.reduce((sum, one) => sum + one.allowed, 0);
  return (
    <>
      <Text size="sm" c="dimmed" mb="xs">{plural(accounts.length, "number")}: {rate(together)} now{allowed > 0 ? ` of the ${rate(allowed)} that the provider allows` : ""}</Text>
      <RowsTable caption="Numbers of this campaign" rows={lanes} columns={COLUMNS} keyOf={(one) => one.name} />
    </>
  );
});

const COLUMNS: Column<NumberLane>[] = [
  { label: "Number", render: (one) => <><Text size="sm" fw={600}>{one.name}</Text>{one.reason && <Text size="xs" c="dimmed" maw="20rem">{upperFirst(one.reason)}{one.resumes_at && <>; goes on in <Countdown to={one.resumes_at} /></>}</Text>}</> },
  { label: "State", render: (one) => <StateBadge state={one.state} size="sm" /> },
  { label: "Quality", render: (one) => <QualityBadge value={one.quality} /> },
  { label: "Rate", render: (one) => <RateBar perSecond={one.perSecond} allowed={one.allowed} />, width: "12rem" },
  { label: "People in 24 hours", render: (one) => (one.messaging_limit === null ? "not known" : one.messaging_limit < 0 ? "any number" : count(one.messaging_limit)), numeric: true },
  { label: "Sent", render: (one) => count(one.sent), numeric: true },
];

function RateBar({ perSecond, allowed }: { perSecond: number; allowed: number }) {
  const share = allowed > 0 ? Math.min(1, perSecond / allowed) : 0;
  return (
    <div>
      <Group justify="space-between" gap="xs" wrap="nowrap"><Text size="xs" className="figures">{rate(perSecond)}</Text>{allowed > 0 && <Text size="xs" c="dimmed" className="figures">of {rate(allowed)}</Text>}</Group>
      <div className="meter" aria-hidden="true"><div className="meter-bar" style={{ width: `${share * 100}%`, background: "var(--mantine-color-teal-7)" }} /></div>
    </div>
  );
}
