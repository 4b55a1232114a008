// Mailboxes that are read for bounces, complaints and unsubscriptions, and the mail that nobody could make sense of.
import { Alert, Anchor, Badge, Button, Code, Group, Modal, NumberInput, PasswordInput, Radio, Select, SimpleGrid, Stack, Switch, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { Confirm } from "../../shared/confirm";
import { DataTable, LoadingRows, usePages, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { count } from "../../shared/format";
import { showInForm } from "../../shared/form-problems";
import { Icon } from "../../shared/icons";
import { Moment } from "../../shared/moment";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice, upperFirst } from "../../shared/problem-notice";

type Mailbox = Schemas["MailboxAnswer"];

const KEY = ["mailboxes"] as const;
const COLOURS: Record<Mailbox["state"], string> = { new: "gray", reading: "teal", failing: "yellow", broken: "red" };
const at = (id: string) => ({ params: { path: { mailbox_id: id } } });

export function Mailboxes() {
  const may = useMay();
  const queries = useQueryClient();
  const [adding, { open, close }] = useDisclosure(false);
  const [removing, setRemoving] = useState<Mailbox | null>(null);
  const found = usePages(KEY, (cursor) => answer(api.GET("/api/v1/mailboxes", { params: { query: { cursor, limit: 50 } } })), { refetchInterval: 10_000 });
  const again = () => queries.invalidateQueries({ queryKey: KEY });
  const test = useMutation({ mutationFn: (one: Mailbox) => answer(api.POST("/api/v1/mailboxes/{mailbox_id}/test", at(one.id))), onSettled: again });
  const change = useMutation({ mutationFn: ({ id, enabled }: { id: string; enabled: boolean }) => answer(api.PATCH("/api/v1/mailboxes/{mailbox_id}", { ...at(id), body: { enabled } })), onSettled: again });
  const remove = async () => {
    if (!removing) return;
    await answer(api.DELETE("/api/v1/mailboxes/{mailbox_id}", at(removing.id)));
    await again();
  };
  const writes = may("accounts:write");
  const columns: Column<Mailbox>[] = [
    { label: "Name", render: (one) => <>{one.name}<Text size="xs" c="dimmed">{one.username} at {one.host}, {one.folder}</Text></> },
    { label: "State", render: (one) => <><Badge variant="light" color={COLOURS[one.state]}>{one.state}</Badge>{one.reason && <Text size="xs" c="dimmed" maw="18rem">{upperFirst(one.reason)}</Text>}</> },
    { label: "Holds", render: (one) => (one.use === "bounces" ? "reports only" : "reports between other mail") },
    { label: "Read", numeric: true, render: (one) => <>{count(one.mails)}<Text size="xs" c="dimmed">{count(one.matched)} about messages of ours</Text></> },
    { label: "Last", render: (one) => <Moment at={one.read_at} as="relative" /> },
    ...(writes ? [{ label: "", render: (one: Mailbox) => (
      <Group gap={4} wrap="nowrap" justify="flex-end">
        <Switch aria-label={`Read ${one.name}`} checked={one.enabled} onChange={(event) => change.mutate({ id: one.id, enabled: event.currentTarget.checked })} />
        <Button size="compact-xs" variant="subtle" aria-label={`Test ${one.name}`} onClick={() => test.mutate(one)}>Test</Button>
        <Button size="compact-xs" variant="subtle" color="red" aria-label={`Remove ${one.name}`} onClick={() => setRemoving(one)}>Remove</Button>
      </Group>
    ) }] : []),
  ];
  return (
    <>
      <PageHeader title="Mailboxes" description="Reports about messages come back by mail: bounces, complaints, people who unsubscribe by answering. Whoever reads them keeps a clean reputation."
        actions={writes && <Button leftSection={<Icon name="plus" />} onClick={open}>Add a mailbox</Button>} />
      <Stack>
        <ProblemNotice error={test.error ?? change.error} />
        {test.data && <Alert color={test.data.ok ? "teal" : "red"} variant="light" role="status" title={test.data.ok ? "It works" : "It cannot be read"}>{upperFirst(test.data.message)}</Alert>}
        <DataTable caption="Mailboxes" query={found} columns={columns} keyOf={(one) => one.id}
          empty={<EmptyState icon="campaign" title="No mailbox is read" action={writes && <Button onClick={open}>Add a mailbox</Button>}>
            Make one for bounces, for example bounces@example.com, or name the mailboxes that you send from.
          </EmptyState>} />
        {may("contacts:read") && <KeptMail />}
      </Stack>
      <Modal opened={adding} onClose={close} title="Add a mailbox" size="lg" closeButtonProps={{ "aria-label": "Close" }}><Add onDone={close} /></Modal>
      <Confirm opened={removing !== null} onClose={() => setRemoving(null)} title={`Remove ${removing?.name ?? ""}?`} confirm="Remove the mailbox" danger onConfirm={remove}>
        It is not read any more, and its password is forgotten. The mail in it stays as it is.
      </Confirm>
    </>
  );
}

function Add({ onDone }: { onDone: () => void }) {
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const form = useForm({ initialValues: { name: "", host: "", port: 993, security: "tls", username: "", password: "", use: "bounces" } });
  const add = useMutation({
    mutationFn: (values: typeof form.values) => answer(api.POST("/api/v1/mailboxes", { body: { ...values, security: values.security as Schemas["Security"], use: values.use as Schemas["MailboxUse"] } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: KEY });
      onDone();
    },
    onError: (failure) => setError(showInForm(form, failure)),
  });
  return (
    <form onSubmit={form.onSubmit((values) => add.mutate(values))}>
      <Stack>
        <TextInput label="Name" required {...form.getInputProps("name")} data-autofocus />
        <SimpleGrid cols={{ base: 1, xs: 3 }}>
          <TextInput label="IMAP server" placeholder="imap.example.com" required {...form.getInputProps("host")} />
          <NumberInput label="Port" min={1} max={65_535} {...form.getInputProps("port")} />
          <Select label="Encryption" allowDeselect={false} data={[{ value: "tls", label: "TLS" }, { value: "starttls", label: "STARTTLS" }, { value: "none", label: "None" }]} {...form.getInputProps("security")} />
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput label="User name" autoComplete="off" required {...form.getInputProps("username")} />
          <PasswordInput label="Password" autoComplete="new-password" required {...form.getInputProps("password")} />
        </SimpleGrid>
        <Radio.Group label="What is in it" {...form.getInputProps("use")}>
          <Stack gap={6} mt={6}>
            <Radio value="bounces" label="Nothing but what comes back: what cannot be understood is kept and shown" />
            <Radio value="sending" label="People's own mail as well: everything else in it is left alone and not kept" />
          </Stack>
        </Radio.Group>
        <ProblemNotice error={error} title="No mailbox was added" />
        <Group justify="flex-end"><Button type="submit" loading={add.isPending}>Add it</Button></Group>
      </Stack>
    </form>
  );
}

const KEPT: Column<Schemas["KeptMailAnswer"]>[] = [
  { label: "When", render: (mail) => <Moment at={mail.at} /> },
  { label: "From", render: (mail) => <span className="truncate cell-wide">{mail.sender}</span> },
  { label: "Subject", render: (mail) => <span className="truncate cell-wide">{mail.subject || "–"}</span> },
  { label: "Looks like", render: (mail) => mail.kind },
];

/** What could not be read or belongs to no message of ours: never guessed at, shown for thirty days. */
function KeptMail() {
  const [shown, setShown] = useState<string | null>(null);
  const kept = usePages(["kept-mail"], (cursor) => answer(api.GET("/api/v1/kept-mail", { params: { query: { cursor, limit: 20 } } })));
  const columns = [...KEPT, { label: "", render: (mail: Schemas["KeptMailAnswer"]) => <Anchor component="button" size="sm" onClick={() => setShown(mail.id)}>Read</Anchor> }];
  return (
    <section aria-labelledby="kept">
      <Title order={2} size="h4" id="kept" mb="xs">Not understood</Title>
      <DataTable caption="Mail that was not understood" query={kept} columns={columns} keyOf={(mail) => mail.id}
        empty={<EmptyState icon="check" title="Everything was understood">What cannot be read, or belongs to no message of yours, is kept here for thirty days.</EmptyState>} />
      <Modal opened={shown !== null} onClose={() => setShown(null)} title="As it came" size="xl" closeButtonProps={{ "aria-label": "Close" }}>{shown && <MailText id={shown} />}</Modal>
    </section>
  );
}

function MailText({ id }: { id: string }) {
  const mail = useQuery({ queryKey: ["kept-mail", id], queryFn: () => answer(api.GET("/api/v1/kept-mail/{mail_id}", { params: { path: { mail_id: id } } })) });
  if (mail.isError) return <ProblemNotice error={mail.error} />;
  return mail.data ? <Code block className="secret">{mail.data.text}</Code> : <LoadingRows rows={3} />;
}
