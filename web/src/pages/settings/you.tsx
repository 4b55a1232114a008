// What is one's own: name, password, second factor, sessions, and the mails one gets.
import { Alert, Badge, Button, Checkbox, Code, Group, List, PasswordInput, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { SESSION_KEY, useSession } from "../../api/session";
import { Moment } from "../../shared/moment";
import { ProblemNotice } from "../../shared/problem-notice";
import { showInForm } from "../../shared/form-problems";
import { Card } from "./card";
import { EVENTS, eventLabel } from "./events";
import { ShownOnce } from "./once";

const saved = (message: string) => notifications.show({ message, color: "teal" });

export function You() {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Stack><Name /><Password /><SecondFactor /></Stack>
      <Stack><Mails /><Sessions /></Stack>
    </SimpleGrid>
  );
}

function Name() {
  const session = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState(session.user.name);
  const save = useMutation({
    mutationFn: () => answer(api.PATCH("/api/v1/session", { body: { name } })),
    onSuccess: (changed) => {
      queries.setQueryData(SESSION_KEY, changed);
      saved("Saved");
    },
  });
  return (
    <Card title="You" about={session.user.email}>
      <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
        <Group align="end"><TextInput label="Name" flex={1} required value={name} onChange={(event) => setName(event.currentTarget.value)} /><Button type="submit" variant="default" loading={save.isPending}>Save</Button></Group>
      </form>
      <ProblemNotice error={save.error} />
    </Card>
  );
}

function Password() {
  const [error, setError] = useState<unknown>(null);
  const form = useForm({ initialValues: { password: "", new_password: "" } });
  const change = useMutation({
    mutationFn: (body: typeof form.values) => answer(api.PUT("/api/v1/password", { body })),
    onSuccess: () => {
      form.reset();
      setError(null);
      saved("The password is changed; your other sessions have ended");
    },
    onError: (failure) => setError(showInForm(form, failure)),
  });
  return (
    <Card title="Password">
      <form onSubmit={form.onSubmit((values) => change.mutate(values))}>
        <Stack gap="sm">
          <PasswordInput label="Password now" autoComplete="current-password" required {...form.getInputProps("password")} />
          <PasswordInput label="New password" autoComplete="new-password" required {...form.getInputProps("new_password")} />
          <ProblemNotice error={error} title="The password is as it was" />
          <Group justify="flex-end"><Button type="submit" variant="default" loading={change.isPending}>Change the password</Button></Group>
        </Stack>
      </form>
    </Card>
  );
}

function SecondFactor() {
  const queries = useQueryClient();
  const key = ["second-factor"];
  const state = useQuery({ queryKey: key, queryFn: () => answer(api.GET("/api/v1/second-factor")) });
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [codes, setCodes] = useState<string[] | null>(null);
  const done = async (found: string[] | null) => {
    setCodes(found);
    setPassword("");
    setCode("");
    await queries.invalidateQueries({ queryKey: key });
  };
  const begin = useMutation({ mutationFn: () => answer(api.POST("/api/v1/second-factor", { body: { password } })), onSuccess: () => setPassword("") });
  const confirm = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/second-factor/confirm", { body: { code } })),
    onSuccess: (made) => {
      begin.reset();
      return done(made.recovery_codes);
    },
  });
  const renew = useMutation({ mutationFn: () => answer(api.POST("/api/v1/second-factor/recovery-codes", { body: { password } })), onSuccess: (made) => done(made.recovery_codes) });
  const off = useMutation({ mutationFn: () => answer(api.POST("/api/v1/second-factor/switch-off", { body: { password } })), onSuccess: () => done(null) });
  const error = begin.error ?? confirm.error ?? renew.error ?? off.error;
  return (
    <Card title="Second factor" about="A code from an authenticator app, asked for at every login besides the password.">
      {codes && (
        <Alert color="teal" title="Your recovery codes, shown once" role="status">
          <Text size="sm">Each works once when the telephone is gone. Keep them where the password is not.</Text>
          <List size="sm" mt="xs">{codes.map((one) => <List.Item key={one}><Code>{one}</Code></List.Item>)}</List>
        </Alert>
      )}
      {begin.data ? (
        <form onSubmit={(event) => { event.preventDefault(); confirm.mutate(); }}>
          <Stack gap="sm">
            <ShownOnce title="Type this secret into your app, or open the link on the telephone" secret={begin.data.secret} />
            <Text size="xs"><a href={begin.data.uri}>Open in an authenticator app</a></Text>
            <TextInput label="The code that the app shows now" inputMode="numeric" autoComplete="one-time-code" required value={code} onChange={(event) => setCode(event.currentTarget.value)} />
            <Group justify="flex-end"><Button type="submit" loading={confirm.isPending}>Switch it on</Button></Group>
          </Stack>
        </form>
      ) : (
        <>
          <Text size="sm">{state.data?.in_force ? <>In force; {state.data.recovery_codes_left} recovery codes are left.</> : "Not in force."}</Text>
          <PasswordInput label="Your password" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
          <Group justify="flex-end">
            {state.data?.in_force ? (
              <>
                <Button variant="default" disabled={!password} loading={renew.isPending} onClick={() => renew.mutate()}>New recovery codes</Button>
                <Button variant="default" color="red" disabled={!password} loading={off.isPending} onClick={() => off.mutate()}>Switch it off</Button>
              </>
            ) : (
              <Button variant="default" disabled={!password} loading={begin.isPending} onClick={() => begin.mutate()}>Set it up</Button>
            )}
          </Group>
        </>
      )}
      <ProblemNotice error={error} title="Nothing was changed" />
    </Card>
  );
}

function Mails() {
  const queries = useQueryClient();
  const key = ["notification-preferences"];
  const found = useQuery({ queryKey: key, queryFn: () => answer(api.GET("/api/v1/notification-preferences")) });
  const choose = useMutation({
    mutationFn: (events: string[]) => answer(api.PUT("/api/v1/notification-preferences", { body: { events: events as Schemas["MailChoice"]["events"] } })),
    onSuccess: (changed) => queries.setQueryData(key, changed),
  });
  const chosen = found.data?.events ?? [];
  return (
    <Card title="Mails to you" about="What Paceline tells you by mail.">
      {found.data && !found.data.mail_is_set_up && <Alert color="yellow" variant="light">No server for such mails is set up: <Code>PACELINE_NOTIFY_SMTP_URL</Code>.</Alert>}
      <Checkbox.Group value={chosen} onChange={(events) => choose.mutate(events)} aria-label="Mails to you">
        <Stack gap={6}>{EVENTS.map((event) => <Checkbox key={event} value={event} label={eventLabel(event)} disabled={!found.data} />)}</Stack>
      </Checkbox.Group>
      <ProblemNotice error={found.error ?? choose.error} />
    </Card>
  );
}

function Sessions() {
  const queries = useQueryClient();
  const key = ["sessions"];
  const found = useQuery({ queryKey: key, queryFn: () => answer(api.GET("/api/v1/sessions")) });
  const again = () => queries.invalidateQueries({ queryKey: key });
  const end = useMutation({ mutationFn: (id: string) => answer(api.DELETE("/api/v1/sessions/{session_id}", { params: { path: { session_id: id } } })), onSuccess: again });
  const endOthers = useMutation({ mutationFn: () => answer(api.POST("/api/v1/sessions/end-others")), onSuccess: again });
  return (
    <Card title="Sessions" about="Where you are logged in.">
      {found.data?.items.map((one) => (
        <Group key={one.id} justify="space-between" wrap="nowrap">
          <div className="truncate">
            <Text size="sm" truncate>{one.client}</Text>
            <Text size="xs" c="dimmed">seen <Moment at={one.seen_at} as="relative" />, ends <Moment at={one.expires_at} /></Text>
          </div>
          {one.current ? <Badge variant="light">this one</Badge> : <Button size="compact-xs" variant="subtle" onClick={() => end.mutate(one.id)}>End</Button>}
        </Group>
      ))}
      {(found.data?.items.length ?? 0) > 1 && <Group justify="flex-end"><Button size="xs" variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>End all others</Button></Group>}
      <ProblemNotice error={found.error ?? end.error ?? endOthers.error} />
    </Card>
  );
}
