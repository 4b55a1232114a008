// Templates: contents under a name, to begin campaigns with and to send single messages.
import { Anchor, Button } from "@mantine/core";
import { Link } from "react-router";

import { answer, api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { DataTable, usePages, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { Icon } from "../../shared/icons";
import { Moment } from "../../shared/moment";
import { PageHeader } from "../../shared/page-header";

type Template = Schemas["TemplateAnswer"];

const COLUMNS: Column<Template>[] = [
  { label: "Name", render: (template) => <Anchor component={Link} to={`/templates/${template.id}`}>{template.name}</Anchor> },
  { label: "Subject", render: (template) => <span className="truncate cell-wide">{template.content.subject || "–"}</span> },
  { label: "Changed", render: (template) => <Moment at={template.updated_at} /> },
];

export function Templates() {
  const may = useMay();
  const templates = usePages(["templates"], (cursor) => answer(api.GET("/api/v1/templates", { params: { query: { cursor, limit: 50 } } })));
  return (
    <>
      <PageHeader title="Templates" description="Written once, used again: campaigns begin with a copy, and programs send single messages of them."
        actions={may("campaigns:write") && <Button component={Link} to="/templates/new" leftSection={<Icon name="plus" />}>New template</Button>} />
      <DataTable caption="Templates" query={templates} columns={COLUMNS} keyOf={(template) => template.id}
        empty={<EmptyState icon="template" title="No template yet" action={may("campaigns:write") && <Button component={Link} to="/templates/new">Write the first template</Button>}>
          For example the frame of your newsletter, or a confirmation that your shop sends through the API.
        </EmptyState>} />
    </>
  );
}
