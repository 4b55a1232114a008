// How fast a campaign goes, which of its accounts send what, and its share of accounts that others use too.
import { NumberInput, Select, SimpleGrid, Text } from "@mantine/core";

import { count } from "../../../shared/format";
import { Card } from "../../settings/card";
import type { Draft } from "./draft-page";

interface PaceCardProps {
  value: Draft;
  change: <K extends keyof Draft>(name: K, value: Draft[K]) => void;
  readOnly: boolean;
}

const CHOICES: readonly { value: Draft["account_choice"]; label: string; effect: string }[] = [
  { value: "free", label: "Whichever is free first", effect: "As fast as the accounts can go together." },
  { value: "even", label: "All the same number", effect: "Every account sends as many as the others; the slowest one sets the pace." },
  { value: "weighted", label: "By their weight", effect: "An account of weight 2 sends twice as many as one of weight 1." },
  { value: "remaining", label: "By what their limits leave", effect: "Who may still send most gets most, so that they run out together." },
  { value: "sticky", label: "A recipient always by the same", effect: "Whoever has had mail from an account gets it from that one, in later campaigns with the same accounts too." },
  { value: "same_provider", label: "Those of the recipient's provider first", effect: "Google's mailboxes get it from accounts at Google, and so on; the others evenly." },
];

export function PaceCard({ value, change, readOnly }: PaceCardProps) {
  const { rate_per_minute: rate, weight } = value;
  return (
    <Card title="Pace and choice">
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <NumberInput label="Pace of the whole campaign" description="Messages a minute, evenly spaced. 0: as fast as the accounts allow." min={0} max={1_000_000} value={rate}
          onChange={(given) => change("rate_per_minute", Number(given) || 0)} disabled={readOnly} />
        <NumberInput label="Weight" description="Its share of accounts that other campaigns use as well." min={0.001} max={1000} step={1} value={weight}
          onChange={(given) => change("weight", Number(given) || 1)} disabled={readOnly} />
      </SimpleGrid>
      <Text size="sm" role="status">
        {rate > 0 ? `One message every ${spacing(rate)}: ${count(Math.floor(rate * 60))} an hour, ${count(Math.floor(rate * 1440))} a day at most.` : "No pace of its own."}{" "}
        {weight === 1 ? "It shares accounts equally with campaigns of weight 1." : `Beside a campaign of weight 1 it gets ${count(Math.round((1000 * weight) / (weight + 1)) / 10)} % of the accounts that both use.`}
      </Text>
      <Select label="Which account sends a message" data={CHOICES.map(({ value: one, label }) => ({ value: one, label }))} value={value.account_choice} allowDeselect={false} disabled={readOnly}
        onChange={(choice) => change("account_choice", (choice ?? "free") as Draft["account_choice"])} description={CHOICES.find((one) => one.value === value.account_choice)?.effect} maw="28rem" />
    </Card>
  );
}

function spacing(perMinute: number): string {
  const seconds = 60 / perMinute;
  return seconds >= 1 ? `${count(Math.round(seconds * 10) / 10)} s` : `${count(Math.round(seconds * 1000))} ms`;
}
