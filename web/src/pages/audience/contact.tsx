// One contact: fields, lists, and everything that happened to the messages they got.
import { Badge, Button, Grid, Group, Paper, Select, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { answer, api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { Confirm } from "../../shared/confirm";
import { DataTable, LoadingRows, usePages, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { Icon } from "../../shared/icons";
import { Moment } from "../../shared/moment";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice } from "../../shared/problem-notice";
import { ContactForm } from "./contact-form";
import { useLists } from "./lists-query";

export function Contact() {
  const { id = "" } = useParams();
  const contact = useQuery({ queryKey: ["contact", id], queryFn: () => answer(api.GET("/api/v1/contacts/{contact_id}", { params: { path: { contact_id: id } } })) });
  if (contact.isPending) return <LoadingRows />;
  if (contact.isError) return <ProblemNotice error={contact.error} title="The contact could not be read" onRetry={() => void contact.refetch()} />;
  return <Known contact={contact.data} />;
}

function Known({ contact }: { contact: Schemas["ContactAnswer"] }) {
  const may = useMay();
  const queries = useQueryClient();
  const save = async (body: Schemas["ContactRequest"]) => {
    const changed = await answer(api.PUT("/api/v1/contacts/{contact_id}", { params: { path: { contact_id: contact.id } }, body }));
    queries.setQueryData(["contact", contact.id], changed);
    await queries.invalidateQueries({ queryKey: ["contacts"] });
    notifications.show({ message: "Saved", color: "teal" });
  };
  return (
    <>
      <PageHeader title={contact.email ?? contact.phone ?? "Contact"} back={{ to: "/contacts", label: "Contacts" }}
        description={<>Known since <Moment at={contact.created_at} />, last changed <Moment at={contact.updated_at} />.</>}
        actions={<>
          {may("campaigns:read") && may("suppressions:read") && <Button component="a" variant="default" leftSection={<Icon name="download" />} download href={`/api/v1/privacy/export?address=${encodeURIComponent(contact.email ?? contact.phone ?? "")}`}>All that is known</Button>}
          {may("contacts:write") && <Remove contact={contact} />}
          {may("contacts:write") && <Erase contact={contact} />}
        </>} />
      <Grid>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Paper className="surface" p="md">
            <Title order={2} size="h4" mb="sm">Address and fields</Title>
            {may("contacts:write") ? <ContactForm key={contact.updated_at} contact={contact} save={save} verb="Save" /> : <Fields fields={contact.fields} />}
          </Paper>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}><Subscriptions id={contact.id} /></Grid.Col>
        <Grid.Col span={12}>{may("campaigns:read") && <Timeline id={contact.id} />}</Grid.Col>
      </Grid>
    </>
  );
}

function Fields({ fields }: { fields: Record<string, string> }) {
  return <Stack gap={4}>{Object.entries(fields).map(([name, value]) => <Text key={name} size="sm"><b>{name}</b>: {value}</Text>)}</Stack>;
}

function Remove({ contact }: { contact: Schemas["ContactAnswer"] }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const remove = async () => {
    await answer(api.DELETE("/api/v1/contacts/{contact_id}", { params: { path: { contact_id: contact.id } } }));
    await queries.invalidateQueries({ queryKey: ["contacts"] });
    void navigate("/contacts");
  };
  return (
    <>
      <Button variant="default" color="red" leftSection={<Icon name="trash" />} onClick={() => setAsking(true)}>Delete</Button>
      <Confirm opened={asking} onClose={() => setAsking(false)} title="Delete this contact?" confirm="Delete the contact" danger onConfirm={remove}>
        {contact.email ?? contact.phone} leaves every list. An unsubscription or a suppression of the address stays in force.
      </Confirm>
    </>
  );
}

/** What the law gives everybody: to be forgotten everywhere, with counts that stay right. */
function Erase({ contact }: { contact: Schemas["ContactAnswer"] }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const erase = async () => {
    await answer(api.POST("/api/v1/privacy/erase", { body: { address: contact.email ?? contact.phone ?? "" } }));
    await queries.invalidateQueries({ queryKey: ["contacts"] });
    notifications.show({ message: "Noted: everything about this person is being removed in the background", color: "teal" });
    void navigate("/contacts");
  };
  return (
    <>
      <Button variant="default" color="red" onClick={() => setAsking(true)}>Erase the person</Button>
      <Confirm opened={asking} onClose={() => setAsking(false)} title="Erase this person everywhere?" confirm="Erase the person" danger onConfirm={erase}>
        {contact.email ?? contact.phone}, the fields, the lists and the address in every message are gone for good. Counts of campaigns stay right, and a later import does not bring the person back.
      </Confirm>
    </>
  );
}

const STATE_COLOURS = { confirmed: "teal", unconfirmed: "yellow", unsubscribed: "gray" } as const;

function Subscriptions({ id }: { id: string }) {
  const may = useMay();
  const queries = useQueryClient();
  const key = ["contact", id, "subscriptions"];
  const found = useQuery({ queryKey: key, queryFn: () => answer(api.GET("/api/v1/contacts/{contact_id}/subscriptions", { params: { path: { contact_id: id } } })) });
  const lists = useLists();
  const [chosen, setChosen] = useState<string | null>(null);
  const [asking, setAsking] = useState<Schemas["SubscriptionAnswer"] | null>(null);
  const subscribe = useMutation({
    mutationFn: (list: string) => answer(api.PUT("/api/v1/lists/{list_id}/contacts/{contact_id}", { params: { path: { list_id: list, contact_id: id } }, body: { explicitly: true } })),
    onSuccess: () => {
      setChosen(null);
      void queries.invalidateQueries({ queryKey: key });
    },
  });
  const unsubscribe = async () => {
    if (!asking) return;
    await answer(api.DELETE("/api/v1/lists/{list_id}/contacts/{contact_id}", { params: { path: { list_id: asking.list_id, contact_id: id } } }));
    await queries.invalidateQueries({ queryKey: key });
  };
  const items = found.data?.items ?? [];
  const others = (lists.data ?? []).filter((list) => !items.some((one) => one.list_id === list.id && one.state === "confirmed"));
  return (
    <Paper className="surface" p="md">
      <Title order={2} size="h4" mb="sm">Lists</Title>
      <Stack gap="xs">
        {items.length === 0 && <Text size="sm" c="dimmed">On no list: no campaign to lists reaches this contact.</Text>}
        {items.map((one) => (
          <Group key={one.list_id} justify="space-between" wrap="nowrap">
            <div>
              <Text size="sm">{one.list_name} <Badge size="sm" variant="light" color={STATE_COLOURS[one.state]}>{one.state}</Badge></Text>
              <Text size="xs" c="dimmed">{one.source}, <Moment at={one.at} /></Text>
            </div>
            {may("contacts:write") && one.state !== "unsubscribed" && <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setAsking(one)}>Unsubscribe</Button>}
          </Group>
        ))}
        {may("contacts:write") && others.length > 0 && (
          <Group align="end" wrap="nowrap" mt="xs">
            <Select label="Put on a list" description="Only with a consent that you can show." searchable flex={1} value={chosen} onChange={setChosen} data={others.map((list) => ({ value: list.id, label: list.name }))} />
            <Button variant="default" disabled={!chosen} loading={subscribe.isPending} onClick={() => chosen && subscribe.mutate(chosen)}>Put on</Button>
          </Group>
        )}
        <ProblemNotice error={found.error ?? subscribe.error} />
      </Stack>
      <Confirm opened={asking !== null} onClose={() => setAsking(null)} title={`Unsubscribe from ${asking?.list_name ?? ""}?`} confirm="Unsubscribe" onConfirm={unsubscribe}>
        Messages of this list that are queued for the contact are not sent any more.
      </Confirm>
    </Paper>
  );
}

const TIMELINE: Column<Schemas["TimelineEntry"]>[] = [
  { label: "When", render: (entry) => <Moment at={entry.at} /> },
  { label: "What", render: (entry) => <>{entry.kind}{entry.doer && entry.doer !== "person" ? ` (${entry.doer})` : ""}</> },
  { label: "Campaign", render: (entry) => entry.campaign_name || entry.campaign_key },
  { label: "Account", render: (entry) => entry.account ?? "–" },
  { label: "Detail", render: (entry) => <span className="truncate cell-wide">{entry.url ?? entry.detail ?? "–"}</span> },
];

function Timeline({ id }: { id: string }) {
  const entries = usePages(["contact", id, "timeline"], (cursor) =>
    answer(api.GET("/api/v1/contacts/{contact_id}/timeline", { params: { path: { contact_id: id }, query: { cursor, limit: 50 } } })));
  return (
    <>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">Timeline</Title>
        <Button component="a" size="xs" variant="default" leftSection={<Icon name="download" size={14} />} href={`/api/v1/exports/contacts/${id}/timeline`} download>Export</Button>
      </Group>
      <DataTable caption="Timeline" query={entries} columns={TIMELINE} keyOf={(entry) => `${entry.message} ${entry.kind} ${entry.at} ${entry.link ?? ""}`}
        empty={<EmptyState icon="clock" title="Nothing has happened yet">Every message to this contact, with what became of it, will stand here.</EmptyState>} />
    </>
  );
}
