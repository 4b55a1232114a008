// The warm-up of an account: how many messages it may send on each of its first days, and what a ramp comes to.
import { Button, Group, NumberInput, Select, SimpleGrid, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../../api/client";
import { count } from "../../shared/format";
import { ProblemNotice } from "../../shared/problem-notice";
import { Card } from "../settings/card";
import { useChangeAccount, type Account } from "./account-calls";
import { readRamp, rampText, type Ramp } from "./ramp";

const KINDS = [
  { value: "none", label: "None: all its limits hold from the first day" },
  { value: "linear", label: "So many messages more each day" },
  { value: "percentage", label: "So many per cent more each day" },
  { value: "table", label: "Day by day, as written" },
];

export function WarmUpCard({ account }: { account: Account }) {
  const [ramp, setRamp] = useState<Ramp>(() => readRamp(account.warm_up));
  const [since, setSince] = useState(account.warm_up_since ?? "");
  const save = useChangeAccount(account);
  const set = (part: Partial<Ramp>) => setRamp((before) => ({ ...before, ...part }));
  const text = rampText(ramp);
  return (
    <Card title="Warm-up" about="Providers distrust a new sender with much mail: let it begin small, and grow day by day until its own limits hold.">
      <form onSubmit={(event) => { event.preventDefault(); save.mutate({ warm_up: text, warm_up_since: text ? since : "" }); }}>
        <Stack>
          <Select label="Ramp" allowDeselect={false} data={KINDS} value={ramp.kind} onChange={(kind) => set({ kind: (kind ?? "none") as Ramp["kind"] })} />
          {(ramp.kind === "linear" || ramp.kind === "percentage") && (
            <SimpleGrid cols={{ base: 1, xs: 3 }}>
              <NumberInput label="On the first day" min={0} allowDecimal={false} value={ramp.first} onChange={(value) => set({ first: Number(value) || 0 })} />
              <NumberInput label={ramp.kind === "linear" ? "More each day" : "Per cent more each day"} min={0} decimalScale={ramp.kind === "linear" ? 0 : 3} value={ramp.step} onChange={(value) => set({ step: Number(value) || 0 })} />
              <NumberInput label="Until" description="0: without end." min={0} allowDecimal={false} value={ramp.until} onChange={(value) => set({ until: Number(value) || 0 })} />
            </SimpleGrid>
          )}
          {ramp.kind === "table" && <TagsInput label="Messages on each day" description="In their order: 20, 40, 80." allowDuplicates splitChars={[",", " ", ";"]} value={ramp.days} onChange={(days) => set({ days })} />}
          {ramp.kind !== "none" && <TextInput type="date" label="First day" description="Empty: the day of its first use." value={since} onChange={(event) => setSince(event.currentTarget.value)} maw={220} />}
          <RampEffect text={text} since={since} dailyLimit={account.daily_limit} />
          <ProblemNotice error={save.error} title="Nothing was changed" />
          <Group justify="flex-end"><Button type="submit" loading={save.isPending}>Save the warm-up</Button></Group>
        </Stack>
      </form>
    </Card>
  );
}

const SHOWN_DAYS = 7;
const DAY_MS = 86_400_000;

/** The first days in figures, and when it is over. */
function RampEffect({ text, since, dailyLimit }: { text: string; since: string; dailyLimit: number }) {
  const [settled] = useDebouncedValue(text, 300);
  const shown = useQuery({
    queryKey: ["ramp", settled],
    queryFn: () => answer(api.POST("/api/v1/pace/warm-up", { body: { warm_up: settled } })),
    enabled: settled !== "",
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: Infinity,
  });
  if (!text) return null;
  if (shown.isError) return <ProblemNotice error={shown.error} title="This ramp cannot be used yet" />;
  if (!shown.data) return null;
  const { days, ends } = shown.data;
  const today = since ? Math.floor((Date.now() - new Date(`${since}T00:00`).getTime()) / DAY_MS) : -1;
  const held = dailyLimit > 0 ? days.findIndex((day) => day >= dailyLimit) : -1;
  return (
    <Stack gap={4} role="status">
      <ol className="ramp" aria-label="Messages on each day">
        {days.slice(0, SHOWN_DAYS).map((day, index) => <li key={index} data-today={index === today || undefined}><Text size="xs" c="dimmed">day {index + 1}</Text><Text size="sm" fw={600} className="figures">{count(day)}</Text></li>)}
      </ol>
      <Text size="sm">
        {days.length > SHOWN_DAYS && `Day ${days.length}: ${count(days.at(-1) ?? 0)} a day. `}
        {ends ? `From day ${days.length + 1} on it limits nothing more.` : `It still limits the account after day ${days.length}.`}
        {held >= 0 && ` Its daily limit of ${count(dailyLimit)} holds from day ${held + 1} on.`}
        {today >= 0 && today < days.length && ` Today is day ${today + 1}: ${count(days[today] ?? 0)}.`}
      </Text>
    </Stack>
  );
}
