// The audit log: who did what, when, to what.
import { Group, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { DataTable, usePages, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { Icon } from "../../shared/icons";
import { Moment } from "../../shared/moment";
import { PageHeader } from "../../shared/page-header";

type Entry = Schemas["AuditAnswer"];

const COLUMNS: Column<Entry>[] = [
  { label: "When", render: (entry) => <Moment at={entry.at} /> },
  { label: "Who", render: (entry) => entry.actor },
  { label: "Did", render: (entry) => entry.action },
  { label: "To", render: (entry) => <span className="truncate cell-wide">{entry.subject || "–"}</span> },
  { label: "Detail", render: (entry) => <span className="truncate cell-wide">{detail(entry.detail)}</span> },
];

const detail = (values: Record<string, unknown>): string => Object.entries(values).map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`).join(", ") || "–";

export function Audit() {
  const [action, setAction] = useState("");
  const [subject, setSubject] = useState("");
  const [sought] = useDebouncedValue({ action, subject }, 300);
  const query = { action: sought.action || undefined, subject: sought.subject || undefined };
  const found = usePages(["audit", query], (cursor) => answer(api.GET("/api/v1/audit", { params: { query: { ...query, cursor, limit: 50 } } })));
  return (
    <>
      <PageHeader title="Audit log" description="Who did what in this workspace, newest first. Nothing here can be changed." />
      <Group align="end" mb="md">
        <TextInput label="Action" placeholder="campaign.start" leftSection={<Icon name="search" size={16} />} value={action} onChange={(event) => setAction(event.currentTarget.value)} />
        <TextInput label="Id of what it was done to" value={subject} onChange={(event) => setSubject(event.currentTarget.value)} />
      </Group>
      <DataTable caption="Audit log" query={found} columns={COLUMNS} keyOf={(entry) => `${entry.at} ${entry.actor_id} ${entry.action} ${entry.subject}`}
        empty={<EmptyState icon="audit" title="Nothing fits">Actions are named like campaign.start, contact.export, member.role.</EmptyState>} />
    </>
  );
}
