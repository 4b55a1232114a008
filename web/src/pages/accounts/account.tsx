// One account: how it stands, what it has sent on the last days, its limits, its login.
import { Alert, Button, Grid, Group, NumberInput, Paper, Select, SimpleGrid, Stack, Switch, TagsInput, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { answer, api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { Confirm } from "../../shared/confirm";
import { LoadingRows } from "../../shared/data-table";
import { count, plural } from "../../shared/format";
import { showInForm } from "../../shared/form-problems";
import { Icon } from "../../shared/icons";
import { Meter } from "../../shared/meter";
import { Countdown } from "../../shared/moment";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice, upperFirst } from "../../shared/problem-notice";
import { StateBadge } from "../../shared/state-badge";
import { TIME_ZONES } from "../../shared/time-zones";
import type { Cause } from "../campaigns/campaign-calls";
import { groupCauses } from "../campaigns/live/cause-groups";
import { Causes } from "../campaigns/live/explanation";
import { useChangeAccount, type Account as Known } from "./account-calls";
import { givenLogin, LoginFields, NO_LOGIN } from "./login-fields";
import { NumberCard } from "./number-card";
import { WarmUpCard } from "./warm-up-card";

const at = (id: string) => ({ params: { path: { account_id: id } } });

export function Account() {
  const { id = "" } = useParams();
  const account = useQuery({ queryKey: ["accounts", id], queryFn: () => answer(api.GET("/api/v1/accounts/{account_id}", at(id))), refetchInterval: 5000 });
  if (account.isPending) return <LoadingRows />;
  if (account.isError) return <ProblemNotice error={account.error} title="The account could not be read" onRetry={() => void account.refetch()} />;
  return <Page account={account.data} />;
}

function Page({ account }: { account: Known }) {
  const may = useMay();
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries({ queryKey: ["accounts"] });
  const test = useMutation({ mutationFn: () => answer(api.POST("/api/v1/accounts/{account_id}/test", at(account.id))), onSettled: again });
  const change = useMutation({ mutationFn: (enabled: boolean) => answer(api.PATCH("/api/v1/accounts/{account_id}", { ...at(account.id), body: { enabled } })), onSettled: again });
  const writes = may("accounts:write");
  const warmUp = writes && <WarmUpCard key={`${account.id} warm-up`} account={account} />;
  return (
    <>
      <PageHeader title={account.name} aside={<StateBadge state={account.state} />} back={{ to: "/accounts", label: "Accounts" }}
        description={account.whatsapp ? `WhatsApp number ${account.whatsapp.display_number || account.whatsapp.phone_number_id}` : `${account.username ? `${account.username} at ` : ""}${account.host}, port ${account.port}`}
        actions={writes && (
          <>
            <Switch label="In use" checked={account.enabled} onChange={(event) => change.mutate(event.currentTarget.checked)} />
            <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>Test it</Button>
            <Remove account={account} />
          </>
        )} />
      <Stack>
        {account.reason && (
          <Alert color={account.state === "broken" ? "red" : "yellow"} variant="light" icon={<Icon name="alert" />} title={upperFirst(account.reason)}>
            {account.resumes_at ? <>It goes on by itself in <Countdown to={account.resumes_at} />.</> : "It needs a person: mend what is named, then test it."}
          </Alert>
        )}
        {test.data && <Alert color={test.data.ok ? "teal" : "red"} variant="light" role="status" title={test.data.ok ? `It works: logged in within ${test.data.seconds.toFixed(1)} s, nothing was sent` : "The login did not work"}>{test.data.ok ? null : upperFirst(test.data.message)}</Alert>}
        <ProblemNotice error={test.error ?? change.error} />
        <Grid>
          <Grid.Col span={{ base: 12, md: writes ? 7 : 12 }}>
            <Stack>
              <WhatHappens account={account} />
              <Usage account={account} />
              {account.whatsapp ? <NumberCard key={account.id} account={account} writes={writes} /> : warmUp}
            </Stack>
          </Grid.Col>
          {writes && <Grid.Col span={{ base: 12, md: 5 }}><Stack><Limits key={`${account.id} limits`} account={account} />{account.whatsapp && warmUp}</Stack></Grid.Col>}
        </Grid>
        {writes && !account.whatsapp && <Login key={account.id} account={account} />}
      </Stack>
    </>
  );
}

/** What it does now, and why no more; an alert says it where a person is needed. */
function WhatHappens({ account }: { account: Known }) {
  const explained = useQuery({ queryKey: ["accounts", account.id, "explain"], queryFn: async () => (await answer(api.GET("/api/v1/accounts/{account_id}/explain", at(account.id)))).causes as unknown as Cause[], refetchInterval: 5000 });
  const groups = groupCauses((explained.data ?? []).map((cause) => ({ ...cause, account: null, sentence: cause.sentence.replace(`${account.name}: `, "") })));
  return groups.length > 0 && !account.reason && <Causes title="What happens now" groups={groups} />;
}

function Usage({ account }: { account: Known }) {
  const usage = useQuery({ queryKey: ["accounts", account.id, "usage"], queryFn: () => answer(api.GET("/api/v1/accounts/{account_id}/usage", at(account.id))), refetchInterval: 30_000 });
  const days = usage.data?.days ?? [];
  const most = Math.max(0, ...days.map((day) => day.messages));
  return (
    <Paper className="surface" p="md" component="section" aria-label="Usage">
      <Title order={2} size="h4" mb="sm">Usage</Title>
      <SimpleGrid cols={2} mb="md">
        <Meter label="This hour" used={account.sent_this_hour} limit={account.hourly_limit} />
        <Meter label="Today" used={account.sent_today} limit={account.daily_limit} />
      </SimpleGrid>
      <ol className="days" aria-label="Messages a day">
        {days.map((day) => (
          <li key={day.date} title={`${day.date}: ${count(day.messages)}`}>
            <span className="visually-hidden">{day.date}: {count(day.messages)}</span>
            {day.messages > 0 && <div aria-hidden="true" style={{ height: `${(100 * day.messages) / most}%` }} />}
          </li>
        ))}
      </ol>
      <Text size="xs" c="dimmed" mt={4}>The last {days.length} days, in {usage.data?.timezone ?? account.timezone}{most > 0 && `; ${count(most)} on the busiest${account.daily_limit > 0 ? ` of ${count(account.daily_limit)} that are allowed` : ""}`}.</Text>
      <ProblemNotice error={usage.error} />
    </Paper>
  );
}

const LIMITS = [["minute_limit", "A minute at most"], ["hourly_limit", "An hour at most"], ["daily_limit", "A day at most"], ["monthly_limit", "A month at most"], ["rate_per_minute", "A minute, evenly"], ["max_connections", "Connections at once"], ["largest_campaign", "Largest campaign"], ["weight", "Weight"]] as const;

const LEAST: Partial<Record<(typeof LIMITS)[number][0], number>> = { max_connections: 1, weight: 0.001 };

function Limits({ account }: { account: Known }) {
  const [error, setError] = useState<unknown>(null);
  const form = useForm({
    initialValues: {
      minute_limit: account.minute_limit, hourly_limit: account.hourly_limit, daily_limit: account.daily_limit, monthly_limit: account.monthly_limit,
      rate_per_minute: account.rate_per_minute, max_connections: account.max_connections, largest_campaign: account.largest_campaign, weight: account.weight, window: account.window, timezone: account.timezone,
    },
  });
  const save = useChangeAccount(account);
  return (
    <Paper className="surface" p="md" component="section" aria-label="Limits">
      <Title order={2} size="h4" mb="sm">Limits</Title>
      <form onSubmit={form.onSubmit((values) => { setError(null); save.mutate(values as Schemas["AccountChange"], { onError: (failure) => setError(showInForm(form, failure)) }); })}>
        <Stack>
          <SimpleGrid cols={2}>
            {LIMITS.map(([name, label]) => <NumberInput key={name} label={label} min={LEAST[name] ?? 0} {...form.getInputProps(name)} />)}
            <Select label="Windows" allowDeselect={false} data={[{ value: "calendar", label: "of the calendar" }, { value: "rolling", label: "rolling" }]} {...form.getInputProps("window")} />
            <Select label="Time zone" searchable allowDeselect={false} data={TIME_ZONES} {...form.getInputProps("timezone")} />
          </SimpleGrid>
          <Text size="xs" c="dimmed">0 is no limit. The tightest one rules. Running campaigns follow within a second. Where campaigns choose by weight, an account of weight 2 sends twice as many messages as one of weight 1.</Text>
          <Text size="sm" role="status">{limitsEffect(form.values)}</Text>
          <ProblemNotice error={error} title="Nothing was changed" />
          <Group justify="flex-end"><Button type="submit" loading={save.isPending}>Save the limits</Button></Group>
        </Stack>
      </form>
    </Paper>
  );
}

function Login({ account }: { account: Known }) {
  const [error, setError] = useState<unknown>(null);
  const form = useForm({ initialValues: { name: account.name, from: account.from, host: account.host, port: account.port, security: account.security, tags: account.tags, ...NO_LOGIN, username: account.username, oauth: account.oauth ?? "" } });
  const save = useChangeAccount(account, () => form.setValues({ password: "", client_secret: "", refresh_token: "" }));
  const submit = (values: typeof form.values) => {
    const { name, from, host, port, security, tags, username } = values;
    setError(null);
    save.mutate({ name, from, host, port, security: security as Schemas["Security"], tags, username, ...givenLogin(values, account.oauth ?? "") }, { onError: (failure) => setError(showInForm(form, failure)) });
  };
  return (
    <Paper className="surface" p="md" component="section" aria-label="Login">
      <Title order={2} size="h4" mb="sm">Login</Title>
      <form onSubmit={form.onSubmit(submit)}>
        <Stack>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput label="Name" required {...form.getInputProps("name")} />
            <TextInput label="From" placeholder="What the campaign says" {...form.getInputProps("from")} />
            <TextInput label="Server" required {...form.getInputProps("host")} />
            <NumberInput label="Port" min={1} max={65_535} required {...form.getInputProps("port")} />
            <Select label="Encryption" allowDeselect={false} data={[{ value: "starttls", label: "STARTTLS" }, { value: "tls", label: "TLS" }, { value: "none", label: "None" }]} {...form.getInputProps("security")} />
            <TagsInput label="Tags" description="Words to find it by." {...form.getInputProps("tags")} />
          </SimpleGrid>
          <LoginFields oauth={form.values.oauth} inputProps={(name) => form.getInputProps(name)} stored />
          <ProblemNotice error={error} title="Nothing was changed" />
          <Group justify="flex-end"><Button type="submit" loading={save.isPending}>Save the login</Button></Group>
        </Stack>
      </form>
    </Paper>
  );
}

function Remove({ account }: { account: Known }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const remove = async () => {
    await answer(api.DELETE("/api/v1/accounts/{account_id}", at(account.id)));
    await queries.invalidateQueries({ queryKey: ["accounts"] });
    void navigate("/accounts");
  };
  return (
    <>
      <Button variant="default" color="red" leftSection={<Icon name="trash" />} onClick={() => setAsking(true)}>Delete</Button>
      <Confirm opened={asking} onClose={() => setAsking(false)} title={`Delete the account ${account.name}?`} confirm="Delete the account" danger onConfirm={remove}>
        Its password is forgotten. Messages that it has not sent go through the other accounts of their campaigns.
      </Confirm>
    </>
  );
}

type Amounts = Pick<Known, "minute_limit" | "hourly_limit" | "daily_limit" | "monthly_limit" | "rate_per_minute">;

/** What all of them together allow on one day; the tightest decides. */
function limitsEffect({ minute_limit, hourly_limit, daily_limit, monthly_limit, rate_per_minute }: Amounts): string {
  const days = [minute_limit * 1440, hourly_limit * 24, daily_limit, Math.floor(rate_per_minute * 1440)].filter((day) => day > 0);
  if (days.length === 0 && monthly_limit === 0) return "Nothing limits it but what its server bears.";
  const day = days.length > 0 ? `${plural(Math.min(...days), "message")} a day at most` : "";
  const month = monthly_limit > 0 ? `${count(Math.min(monthly_limit, ...(days.length > 0 ? [Math.min(...days) * 31] : [])))} a month` : "";
  return `${[day, month].filter(Boolean).join(", ")}.`;
}
