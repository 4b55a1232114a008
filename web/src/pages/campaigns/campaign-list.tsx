// Every campaign, the newest first.
import { Anchor, Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { Link, useSearchParams } from "react-router";

import { answer, api } from "../../api/client";
import { useLiveCampaign } from "../../api/feed";
import { useMay } from "../../api/session";
import { DataTable, usePages, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { count } from "../../shared/format";
import { Icon } from "../../shared/icons";
import { Moment } from "../../shared/moment";
import { PageHeader } from "../../shared/page-header";
import { StateBadge } from "../../shared/state-badge";
import type { ListedCampaign } from "./campaign-calls";
import { ProgressBar, totalOf } from "./progress-bar";

type Filter = "all" | "active" | "draft" | "ended";
const STATUSES: Record<Filter, ListedCampaign["status"][] | undefined> = {
  all: undefined,
  active: ["running", "scheduled", "paused", "paused_limits", "paused_health"],
  draft: ["draft"],
  ended: ["completed", "stopped"],
};

export function CampaignList() {
  const may = useMay();
  const [parameters, setParameters] = useSearchParams();
  const filter = (parameters.get("show") ?? "all") as Filter;
  const campaigns = usePages(["campaigns", filter], (cursor) => answer(api.GET("/api/v1/campaigns", { params: { query: { cursor, status: STATUSES[filter] } } })));
  const create = may("campaigns:write") && <Button component={Link} to="/campaigns/new" leftSection={<Icon name="plus" size={16} />}>New campaign</Button>;
  return (
    <>
      <PageHeader title="Campaigns" description="One message to one audience, at the pace your accounts allow." actions={create} />
      <Stack>
        <SegmentedControl aria-label="Which campaigns" value={filter} onChange={(show) => setParameters(show === "all" ? {} : { show })} className="segments"
          data={[{ value: "all", label: "All" }, { value: "active", label: "Under way" }, { value: "draft", label: "Drafts" }, { value: "ended", label: "Ended" }]} />
        <DataTable caption="Campaigns" query={campaigns} columns={COLUMNS} keyOf={(row) => row.id}
          empty={
            <EmptyState icon="campaign" title={filter === "all" ? "No campaign yet" : "None of these"} action={create}>
              A campaign has a message, an audience and the accounts that send it. You look at it, send yourself a test, and start it now or later.
            </EmptyState>
          } />
      </Stack>
    </>
  );
}

const COLUMNS: Column<ListedCampaign>[] = [
  {
    label: "Campaign",
    render: (row) => (
      <div className="cell-name">
        <Anchor component={Link} to={`/campaigns/${row.id}`} fw={600}>{row.name}</Anchor>
        <Text size="xs" c="dimmed" className="truncate">{row.key}{row.channel === "email" ? "" : `, ${row.channel}`}</Text>
      </div>
    ),
  },
  { label: "Status", render: (row) => <LiveStatus row={row} /> },
  { label: "Progress", render: (row) => <LiveProgress row={row} />, width: "30%" },
  { label: "When", render: (row) => <Moment size="sm" at={row.started_at ?? row.starts_at ?? row.created_at} /> },
];

function LiveStatus({ row }: { row: ListedCampaign }) {
  return <StateBadge state={useLiveCampaign(row.id)?.status ?? row.status} />;
}

function LiveProgress({ row }: { row: ListedCampaign }) {
  const live = useLiveCampaign(row.id);
  const counts = live ?? row.counts;
  const total = totalOf(counts);
  if (total === 0) return <Text size="sm" c="dimmed">–</Text>;
  return (
    <Group gap="xs" wrap="nowrap" miw={140}>
      <ProgressBar counts={counts} />
      <Text size="xs" c="dimmed" className="figures">{count(total)}</Text>
    </Group>
  );
}
