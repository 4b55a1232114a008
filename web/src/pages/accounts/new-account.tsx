// A new account: who the provider is, the login, what it allows, and a real test at the end.
import { Alert, Button, Group, NumberInput, SegmentedControl, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";

import { answer, api, type Schemas } from "../../api/client";
import { showInForm } from "../../shared/form-problems";
import { Icon } from "../../shared/icons";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice, upperFirst } from "../../shared/problem-notice";
import { OWN_ZONE as ZONE } from "../../shared/time-zones";
import { givenLogin, LoginFields, NO_LOGIN, type LoginValues } from "./login-fields";
import { NewNumber } from "./new-number";
import { PRESETS, type ProviderPreset } from "./provider-presets";

const OTHER = PRESETS[0] as ProviderPreset;
type Tested = Schemas["AccountTested"];

export function NewAccount() {
  const [parameters, setParameters] = useSearchParams();
  const byNumber = parameters.get("channel") === "whatsapp";
  return (
    <>
      <PageHeader title={byNumber ? "Add a number" : "Add an account"} back={{ to: byNumber ? "/whatsapp" : "/accounts", label: byNumber ? "WhatsApp" : "Accounts" }}
        description={byNumber ? "A phone number that is registered with the WhatsApp Cloud API. It sends at the rate that its provider allows." : "A login at a mail server. It sends at the pace you set here and never above its limits."} />
      <SegmentedControl aria-label="Channel" mb="md" value={byNumber ? "whatsapp" : "email"} onChange={(channel) => setParameters(channel === "whatsapp" ? { channel } : {})}
        data={[{ value: "email", label: "E-mail account" }, { value: "whatsapp", label: "WhatsApp number" }]} />
      {byNumber ? <NewNumber /> : <NewMailAccount />}
    </>
  );
}

function NewMailAccount() {
  const queries = useQueryClient();
  const [preset, setPreset] = useState(OTHER);
  const [error, setError] = useState<unknown>(null);
  const [made, setMade] = useState<string | null>(null);
  const form = useForm({ initialValues: { name: "", host: "", port: 587, security: "starttls", from: "", ...NO_LOGIN, hourly_limit: 0, daily_limit: 0, rate_per_minute: 0 } });
  const choose = (value: string | null) => {
    const chosen = PRESETS.find((one) => one.value === value) ?? OTHER;
    setPreset(chosen);
    const { host, port, hourly_limit, daily_limit, rate_per_minute } = chosen;
    form.setValues({ host, port, hourly_limit, daily_limit, rate_per_minute, security: chosen.value === "sandbox" ? "none" : "starttls", name: form.values.name || (chosen === OTHER ? "" : chosen.value) });
  };
  const save = useMutation({
    mutationFn: async (values: typeof form.values): Promise<Tested> => {
      const id = made ?? (await answer(api.POST("/api/v1/accounts", { body: bodyOf(values) }))).id;
      if (made) await answer(api.PATCH("/api/v1/accounts/{account_id}", { params: { path: { account_id: id } }, body: bodyOf(values) }));
      setMade(id);
      return answer(api.POST("/api/v1/accounts/{account_id}/test", { params: { path: { account_id: id } } }));
    },
    onMutate: () => setError(null),
    onError: (failure) => setError(showInForm(form, failure)),
    onSettled: () => queries.invalidateQueries({ queryKey: ["accounts"] }),
  });
  return (
      <form onSubmit={form.onSubmit((values) => save.mutate(values))} className="surface form-card">
        <Stack>
          <Select label="Provider" allowDeselect={false} value={preset.value} onChange={choose} data={PRESETS.map(({ value, label }) => ({ value, label }))} />
          <Alert color="gray" variant="light">{preset.hint}</Alert>
          <TextInput label="Name" description="How it is called here." required {...form.getInputProps("name")} />
          <SimpleGrid cols={{ base: 1, xs: 3 }}>
            <TextInput label="Server" placeholder="smtp.example.com" required {...form.getInputProps("host")} />
            <NumberInput label="Port" min={1} max={65_535} required {...form.getInputProps("port")} />
            <Select label="Encryption" allowDeselect={false} data={[{ value: "starttls", label: "STARTTLS" }, { value: "tls", label: "TLS" }, { value: "none", label: "None" }]} {...form.getInputProps("security")} />
          </SimpleGrid>
          <LoginFields oauth={form.values.oauth} inputProps={(name) => form.getInputProps(name)} userHint={preset.userHint} />
          <TextInput label="From" description="Mailboxes usually may send only as themselves. Empty: what the campaign says." placeholder="Café Lee <news@example.com>" {...form.getInputProps("from")} />
          <SimpleGrid cols={{ base: 1, xs: 3 }}>
            <NumberInput label="An hour at most" min={0} {...form.getInputProps("hourly_limit")} />
            <NumberInput label="A day at most" min={0} {...form.getInputProps("daily_limit")} />
            <NumberInput label="A minute, evenly" min={0} {...form.getInputProps("rate_per_minute")} />
          </SimpleGrid>
          <Text size="xs" c="dimmed">0 is no limit. Hours and days begin in {ZONE}. Nobody sees the password again; it is sealed before it is stored.</Text>
          <ProblemNotice error={error} title={made ? "The account was not tested" : "The account was not added"} />
          <TestResult tested={save.data} />
          <Group justify="flex-end"><Button type="submit" loading={save.isPending} variant={save.data?.ok ? "default" : "filled"}>{made ? "Save and test again" : "Add and test it"}</Button></Group>
        </Stack>
      </form>
  );
}

type Values = { security: string } & LoginValues & Pick<Schemas["NewAccount"], "name" | "host" | "port" | "from" | "hourly_limit" | "daily_limit" | "rate_per_minute">;

function bodyOf(values: Values): Schemas["NewAccount"] {
  const { name, host, port, security, from, hourly_limit, daily_limit, rate_per_minute } = values;
  const given = { ...givenLogin(values), ...(from && { from }) };
  return { name, host, port, hourly_limit, daily_limit, rate_per_minute, ...given, security: security as Schemas["NewAccount"]["security"], timezone: ZONE, tags: [] };
}

function TestResult({ tested }: { tested: Tested | undefined }) {
  if (!tested) return null;
  if (!tested.ok) {
    return <Alert color="red" variant="light" role="alert" icon={<Icon name="alert" />} title="It is stored, but the login did not work">{upperFirst(tested.message)}. Change what is wrong and test it again.</Alert>;
  }
  return (
    <Alert color="teal" variant="light" role="status" icon={<Icon name="check" />} title="It works">
      <Text size="sm" inherit>Connected and logged in within {tested.seconds.toFixed(1)} s; nothing was sent.</Text>
      <Button component={Link} to="/start" size="xs" mt="xs">Go on</Button>
    </Alert>
  );
}
