// The messages of a campaign, one by one.
import { Select, Stack, Text } from "@mantine/core";
import { useSearchParams } from "react-router";

import { answer, api, type Schemas } from "../../../api/client";
import { DataTable, usePages, type Column } from "../../../shared/data-table";
import { EmptyState } from "../../../shared/empty-state";
import { Moment } from "../../../shared/moment";
import { StateBadge } from "../../../shared/state-badge";
import { MESSAGE_STATES } from "../progress-bar";

type Message = Schemas["MessageAnswer"];

export function MessageTable({ campaignId, over }: { campaignId: string; over: boolean }) {
  const [parameters, setParameters] = useSearchParams();
  const state = parameters.get("state") as Message["state"] | null;
  const messages = usePages(
    ["campaign-messages", campaignId, state],
    (cursor) => answer(api.GET("/api/v1/campaigns/{campaign_id}/messages", { params: { path: { campaign_id: campaignId }, query: { cursor, state } } })),
    { refetchInterval: over ? false : 10_000 },
  );
  return (
    <Stack>
      <Select aria-label="Only in this state" clearable placeholder="In any state" value={state} maw={220} data={[...MESSAGE_STATES]}
        onChange={(value) => setParameters(value ? { show: "messages", state: value } : { show: "messages" })} />
      <DataTable caption="Messages" query={messages} columns={COLUMNS} keyOf={(row) => row.id} empty={<EmptyState icon="campaign" title="No messages">None is in this state.</EmptyState>} />
    </Stack>
  );
}

const COLUMNS: Column<Message>[] = [
  { label: "To", render: (row) => <div className="cell-name">{row.address}</div> },
  { label: "State", render: (row) => <StateBadge state={row.state} size="sm" /> },
  { label: "Account", render: (row) => row.account ?? "–" },
  { label: "Attempts", render: (row) => row.attempts, numeric: true },
  { label: "When", render: (row) => <Moment size="sm" at={row.at} /> },
  { label: "What the server said", render: (row) => <Text size="xs" className="cell-reply">{row.reply ?? "–"}</Text> },
];
