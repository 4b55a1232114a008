// How fast a campaign went and goes: on record, so that a reload or another day shows the same.
import { Group, SegmentedControl, Text } from "@mantine/core";
import { useState } from "react";

import { RateChart, type RateStep } from "../../../shared/rate-chart";
import { useRateSteps, type RateRange } from "./rate-history";

const HOUR_MS = 3_600_000;

interface RatePanelProps {
  campaignId: string;
  status: string;
  startedAt: string | null;
  finishedAt: string | null;
  lately: readonly RateStep[];
}

export function RatePanel({ campaignId, status, startedAt, finishedAt, lately }: RatePanelProps) {
  const [range, setRange] = useState<RateRange>("all");
  const steps = useRateSteps(campaignId, range, status, lately);
  if (!startedAt || (steps.length === 0 && status !== "running")) return null;
  const lasted = (finishedAt ? new Date(finishedAt).getTime() : Date.now()) - new Date(startedAt).getTime();
  return (
    <div>
      <Group justify="space-between" mt="md" mih={28}>
        <Text size="xs" c="dimmed">Rate over time</Text>
        {lasted > HOUR_MS && (
          <SegmentedControl size="xs" aria-label="Of which time" value={range} onChange={(value) => setRange(value as RateRange)}
            data={[{ value: "all", label: "Since the start" }, { value: "hour", label: "Last hour" }]} />
        )}
      </Group>
      <RateChart steps={steps} label="Messages a second" />
    </div>
  );
}
