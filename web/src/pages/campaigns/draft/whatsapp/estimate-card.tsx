// What a WhatsApp campaign would cost, by the installation's rate table.
import { Card, Stack, Text, Title } from "@mantine/core";

import type { Schemas } from "../../../../api/client";
import { RowsTable, type Column } from "../../../../shared/data-table";
import { count, plural } from "../../../../shared/format";

type Estimate = NonNullable<Schemas["EstimateAnswer"]>;

export function EstimateCard({ estimate }: { estimate: Estimate }) {
  const { total, costs, without_price } = estimate;
  return (
    <Card withBorder className="surface" component="section" aria-label="Costs">
      <Stack gap="xs">
        <Title order={2}>Costs</Title>
        <Text size="sm" role="status">
          {total === null ? "No price is known: name your rate table in PACELINE_WHATSAPP_RATES." : `${amount(estimate)}, in the currency of your rate table, if every message arrives and none is free.`}
          {total !== null && without_price > 0 && ` It has no price for ${plural(without_price, "message")}.`}
        </Text>
        {costs.length > 0 && <RowsTable caption="Estimated costs" rows={costs} columns={COLUMNS} keyOf={(one) => `${one.category} ${one.country}`} />}
      </Stack>
    </Card>
  );
}

/** A fallback reaches some of those who were counted, so it costs at most what they do. */
function amount({ total, costs, exact, is_fallback }: Estimate) {
  if (!is_fallback) return `${exact ? "About" : "At least"} ${total}`;
  const people = costs.reduce((sum, one) => sum + one.messages, 0);
  return `At most ${total}${exact ? "" : ` for the first ${plural(people, "person", "people")}`}`;
}

const COLUMNS: Column<Estimate["costs"][number]>[] = [
  { label: "Category", render: (one) => one.category || "not known" },
  { label: "Country", render: (one) => one.country },
  { label: "Messages", render: (one) => count(one.messages), numeric: true },
  { label: "Amount", render: (one) => one.amount ?? "no price", numeric: true },
];
