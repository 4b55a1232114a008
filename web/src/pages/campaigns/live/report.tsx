// What a campaign has led to: what came back, and which links were clicked.
import { SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { answer, api, type Schemas } from "../../../api/client";
import { LoadingRows, RowsTable, type Column } from "../../../shared/data-table";
import { count, plural } from "../../../shared/format";
import { ProblemNotice } from "../../../shared/problem-notice";

type Link = Schemas["ReportAnswer"]["links"][number];
const FACTS = ["delivered", "opened", "clicked", "bounced", "bounced_hard", "complained", "unsubscribed", "read"] as const;
const WORDS: Record<(typeof FACTS)[number], string> = {
  delivered: "Delivered", opened: "Opened", clicked: "Clicked", bounced: "Bounced", bounced_hard: "Bounced for good", complained: "Complained", unsubscribed: "Unsubscribed", read: "Read",
};

/** Most mail servers never say so: 0 would look like a failure. */
const RARELY_TOLD: readonly string[] = ["delivered", "read"];

export function Report({ campaignId, over }: { campaignId: string; over: boolean }) {
  const report = useQuery({
    queryKey: ["report", campaignId],
    queryFn: () => answer(api.GET("/api/v1/campaigns/{campaign_id}/report", { params: { path: { campaign_id: campaignId } } })),
    refetchInterval: over ? 30_000 : 10_000,
  });
  if (report.isPending) return <LoadingRows rows={2} />;
  if (report.isError) return <ProblemNotice error={report.error} title="The report could not be read" onRetry={() => void report.refetch()} />;
  const { came_back, rates, links } = report.data;
  const shown = FACTS.filter((fact) => (came_back[fact] ?? 0) > 0 || !RARELY_TOLD.includes(fact));
  return (
    <Stack>
      <SimpleGrid cols={{ base: 2, sm: 4 }} className="surface panel">
        {shown.map((fact) => (
          <div key={fact}>
            <Text size="xs" c="dimmed">{WORDS[fact]}</Text>
            <Text fw={600} className="figures">{count(came_back[fact] ?? 0)} <Text component="span" size="sm" c="dimmed">{share(rates[fact])}</Text></Text>
          </div>
        ))}
      </SimpleGrid>
      <Text size="sm" c="dimmed">
        People: {plural(came_back.opens ?? 0, "open")} and {plural(came_back.clicks ?? 0, "click")} in all. Besides, programs fetched {plural(came_back.automatic_opens ?? 0, "pixel")}
        and {plural(came_back.automatic_clicks ?? 0, "link")}; they count for nobody.
      </Text>
      {links.length > 0 && <RowsTable caption="Links" rows={links} columns={LINKS} keyOf={(row) => String(row.number)} />}
    </Stack>
  );
}

const share = (rate: number | null | undefined): string => (rate === null || rate === undefined ? "" : `${(100 * rate).toFixed(1)} %`);

const LINKS: Column<Link>[] = [
  { label: "Link", render: (row) => <Text size="sm" className="cell-reply">{row.url}</Text> },
  { label: "Clicks", render: (row) => count(row.clicks), numeric: true },
];
