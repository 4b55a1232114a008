// Everybody who is known: found by address, field or list.
import { Anchor, Button, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";

import { answer, api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { DataTable, usePages, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { Icon } from "../../shared/icons";
import { Moment } from "../../shared/moment";
import { PageHeader } from "../../shared/page-header";
import { ContactForm } from "./contact-form";
import { useLists } from "./lists-query";

type Contact = Schemas["ContactAnswer"];
type State = "unconfirmed" | "confirmed" | "unsubscribed";

const COLUMNS: Column<Contact>[] = [
  { label: "Address", render: (contact) => <Anchor component={Link} to={`/contacts/${contact.id}`}>{contact.email ?? contact.phone}</Anchor> },
  { label: "Phone", render: (contact) => (contact.email ? contact.phone : null) ?? "–" },
  { label: "Fields", render: (contact) => <span className="truncate cell-wide">{someFields(contact.fields)}</span> },
  { label: "Known since", render: (contact) => <Moment at={contact.created_at} /> },
];

/** The first few fields as words. */
function someFields(fields: Record<string, string>): string {
  const filled = Object.entries(fields).filter(([, value]) => value !== "");
  return filled.slice(0, 3).map(([name, value]) => `${name}: ${value}`).join(", ") || "–";
}

export function Contacts() {
  const [parameters, setParameters] = useSearchParams();
  const list = parameters.get("list");
  const [email, setEmail] = useState("");
  const [field, setField] = useState("");
  const [value, setValue] = useState("");
  const [state, setState] = useState<State | null>(null);
  const [sought] = useDebouncedValue({ email, field, value }, 300);
  const lists = useLists();
  const may = useMay();
  const byField = sought.field !== "" && sought.value !== "";
  const query = {
    email_prefix: sought.email || undefined,
    field: byField ? sought.field : undefined,
    value: byField ? sought.value : undefined,
    list_id: list ?? undefined,
    state: list ? (state ?? undefined) : undefined,
  };
  const contacts = usePages(["contacts", query], (cursor) =>
    answer(api.GET("/api/v1/contacts", { params: { query: { ...query, cursor, limit: 50 } } })));
  const narrowed = Object.values(query).some((one) => one !== undefined);
  return (
    <>
      <PageHeader title="Contacts" description="People and the fields that personalise their messages. Whether somebody may be written to is a matter of lists."
        actions={<Actions list={list} />} />
      <Group align="end" mb="md" gap="sm">
        <TextInput label="Address begins with" leftSection={<Icon name="search" size={16} />} value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
        <TextInput label="Field" placeholder="city" value={field} onChange={(event) => setField(event.currentTarget.value)} w={130} />
        <TextInput label="is" placeholder="Rome" value={value} onChange={(event) => setValue(event.currentTarget.value)} w={130} />
        <Select label="On list" clearable searchable placeholder="Any" value={list} w={180}
          data={(lists.data ?? []).map((one) => ({ value: one.id, label: one.name }))}
          onChange={(chosen) => setParameters(chosen ? { list: chosen } : {}, { replace: true })} />
        {list && <Select label="State there" clearable placeholder="Any" value={state} w={150} data={["confirmed", "unconfirmed", "unsubscribed"]}
          onChange={(chosen) => setState(chosen as State | null)} />}
      </Group>
      <DataTable caption="Contacts" query={contacts} columns={COLUMNS} keyOf={(contact) => contact.id}
        empty={narrowed
          ? <EmptyState icon="search" title="Nobody fits">Nobody fits all of the above. Take something away.</EmptyState>
          : <EmptyState icon="contacts" title="Nobody is known yet" action={may("contacts:write") && <Button component={Link} to="/imports/new">Import contacts</Button>}>
              Import a CSV or Excel file: every column becomes a field, duplicates and broken addresses are named and given back.
            </EmptyState>} />
    </>
  );
}

function Actions({ list }: { list: string | null }) {
  const may = useMay();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const create = async (body: Schemas["ContactRequest"]) => {
    const made = await answer(api.POST("/api/v1/contacts", { body }));
    await queries.invalidateQueries({ queryKey: ["contacts"] });
    void navigate(`/contacts/${made.id}`);
  };
  return (
    <>
      <Button component="a" variant="default" leftSection={<Icon name="download" />} href={`/api/v1/exports/contacts${list ? `?list_id=${list}` : ""}`} download>Export</Button>
      {may("contacts:write") && <Button component={Link} to="/imports/new" variant="default" leftSection={<Icon name="upload" />}>Import</Button>}
      {may("contacts:write") && <Button leftSection={<Icon name="plus" />} onClick={open}>New contact</Button>}
      <Modal opened={opened} onClose={close} title="New contact" closeButtonProps={{ "aria-label": "Close" }}>
        <Stack><ContactForm contact={null} save={create} verb="Create" /></Stack>
      </Modal>
    </>
  );
}
