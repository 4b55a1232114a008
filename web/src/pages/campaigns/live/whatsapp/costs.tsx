// What a WhatsApp campaign has cost so far: delivered messages by category and country, times the installation's rate table.
import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { answer, api, type Schemas } from "../../../../api/client";
import { RowsTable, type Column } from "../../../../shared/data-table";
import { count } from "../../../../shared/format";

type Cost = Schemas["WhatsAppCost"];

export function Costs({ campaignId, over }: { campaignId: string; over: boolean }) {
  const costs = useQuery({
    queryKey: ["costs", campaignId],
    queryFn: async () => (await answer(api.GET("/api/v1/campaigns/{campaign_id}/whatsapp-costs", { params: { path: { campaign_id: campaignId } } }))).items,
    refetchInterval: over ? 60_000 : 15_000,
  });
  const rows = costs.data ?? [];
  if (rows.length === 0) return <Text size="sm" c="dimmed">Costs show here once the provider's webhooks tell what was delivered.</Text>;
  const priced = rows.filter((one) => one.amount !== null);
  const sum = priced.reduce((all, one) => all + Number(one.amount), 0);
  return (
    <Stack gap="xs">
      <RowsTable caption="Costs" rows={rows} columns={COLUMNS} keyOf={(one) => `${one.category} ${one.country}`} />
      <Text size="sm" c="dimmed">{priced.length === 0 ? "No price is known: name your rate table in PACELINE_WHATSAPP_RATES." : `${sum.toFixed(2)} together, in the currency of your rate table${priced.length < rows.length ? ", without what it has no price for" : ""}.`}</Text>
    </Stack>
  );
}

const COLUMNS: Column<Cost>[] = [
  { label: "Category", render: (one) => one.category },
  { label: "Country", render: (one) => one.country },
  { label: "Charged", render: (one) => count(one.billable), numeric: true },
  { label: "Free", render: (one) => count(one.free), numeric: true },
  { label: "Amount", render: (one) => one.amount ?? "–", numeric: true },
];
