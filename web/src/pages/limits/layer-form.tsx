// The limits of one layer above single accounts: how many messages a minute, hour, day and month, and what that comes to.
import { Autocomplete, Button, Group, NumberInput, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { count } from "../../shared/format";
import { showInForm } from "../../shared/form-problems";
import { ProblemNotice } from "../../shared/problem-notice";
import { OWN_ZONE, TIME_ZONES } from "../../shared/time-zones";
import { KINDS, LIMITS_KEY, PROVIDERS, type Layer, type LayerKind } from "./layers";

interface LayerFormProps {
  /** What is changed; null: a new one. */
  layer: Layer | null;
  /** Where kind and name are known already. */
  fixed?: { kind: LayerKind; name: string };
  onSaved: () => void;
}

const AMOUNTS = [["minute_limit", "A minute at most", "a minute"], ["hourly_limit", "An hour at most", "an hour"], ["daily_limit", "A day at most", "a day"], ["monthly_limit", "A month at most", "a month"]] as const;

export function LayerForm({ layer, fixed, onSaved }: LayerFormProps) {
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const form = useForm({
    initialValues: {
      for: (fixed?.kind ?? layer?.for ?? "domain") as LayerKind, name: fixed?.name ?? layer?.name ?? "",
      minute_limit: layer?.minute_limit ?? 0, hourly_limit: layer?.hourly_limit ?? 0, daily_limit: layer?.daily_limit ?? 0, monthly_limit: layer?.monthly_limit ?? 0,
      window: (layer?.window ?? "calendar") as "calendar" | "rolling", timezone: layer?.timezone ?? OWN_ZONE,
    },
  });
  const save = useMutation({
    mutationFn: (values: Schemas["LayerLimit"]) => answer(api.PUT("/api/v1/limits", { body: values })),
    onMutate: () => setError(null),
    onSuccess: (found) => {
      queries.setQueryData(LIMITS_KEY, found);
      onSaved();
    },
    onError: (failure) => setError(showInForm(form, failure)),
  });
  const kind = form.values.for;
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate({ ...values, name: kind === "workspace" ? "" : values.name.trim() }))}>
      <Stack>
        {!fixed && !layer && <Select label="What is limited" allowDeselect={false} data={KINDS.map(({ value, label }) => ({ value, label }))} {...form.getInputProps("for")} onChange={(chosen) => form.setValues({ for: (chosen ?? "domain") as LayerKind, name: "" })} data-autofocus />}
        {!fixed && !layer && <NameField kind={kind} {...form.getInputProps("name")} />}
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          {AMOUNTS.map(([name, label]) => <NumberInput key={name} label={label} min={0} max={1_000_000_000} thousandSeparator="," {...form.getInputProps(name)} />)}
          <Select label="Windows" allowDeselect={false} data={[{ value: "calendar", label: "of the calendar" }, { value: "rolling", label: "rolling" }]} {...form.getInputProps("window")} />
          <Select label="Time zone" searchable allowDeselect={false} data={TIME_ZONES} {...form.getInputProps("timezone")} />
        </SimpleGrid>
        <Text size="sm" role="status">{effect(form.values)}</Text>
        <ProblemNotice error={error} title="Nothing was changed" />
        <Group justify="flex-end"><Button type="submit" loading={save.isPending}>Save the limits</Button></Group>
      </Stack>
    </form>
  );
}

interface NameFieldProps {
  kind: LayerKind;
  value?: string;
  onChange?: (value: string) => void;
  error?: React.ReactNode;
}

/** What the layer is called, by its kind. */
function NameField({ kind, ...rest }: NameFieldProps) {
  const servers = useQuery({ queryKey: ["servers"], queryFn: () => answer(api.GET("/api/v1/servers")), enabled: kind === "server" });
  const campaigns = useQuery({ queryKey: ["campaigns", "choice"], queryFn: () => answer(api.GET("/api/v1/campaigns", { params: { query: { limit: 200 } } })), enabled: kind === "campaign" });
  if (kind === "workspace") return null;
  if (kind === "server") return <Autocomplete label="Server" required data={(servers.data?.items ?? []).map((one) => one.host)} {...rest} />;
  if (kind === "provider") return <Autocomplete label="Provider of the mailboxes" required data={PROVIDERS} {...rest} />;
  if (kind === "campaign") {
    return <Select label="Campaign" required searchable data={(campaigns.data?.items ?? []).map((one) => ({ value: one.key, label: `${one.name} (${one.key})` }))} value={rest.value || null} onChange={(chosen) => rest.onChange?.(chosen ?? "")} error={rest.error} />;
  }
  return <TextInput label="Domain of recipients" required placeholder="example.org" value={rest.value} error={rest.error} onChange={(event) => rest.onChange?.(event.currentTarget.value)} />;
}

type Values = Pick<Schemas["LayerLimit"], "minute_limit" | "hourly_limit" | "daily_limit" | "monthly_limit"> & { for: LayerKind; name: string };
const A_DAY = { minute_limit: 1440, hourly_limit: 24, daily_limit: 1, monthly_limit: 1 / 31 } as const;

/** What all limits together allow on a day: the tightest one decides. */
function effect(values: Values): string {
  const set = AMOUNTS.filter(([name]) => (values[name] ?? 0) > 0).map(([name, , word]) => ({ word, limit: values[name] ?? 0, day: Math.floor((values[name] ?? 0) * A_DAY[name]) }));
  const tightest = set.sort((one, other) => one.day - other.day)[0];
  if (!tightest) return "All 0: nothing is limited here, and the limit goes away.";
  const kind = KINDS.find((one) => one.value === values.for);
  return `${kind?.about(values.name) ?? "It"}: at most ${count(tightest.limit)} ${tightest.word}${tightest.word === "a day" ? "" : `, which is about ${count(tightest.day)} a day`}. Limits of accounts hold as well; the tightest one rules.`;
}
