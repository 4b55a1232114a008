// Segments: filters under a name, counted anew whenever they are looked at.
import { Anchor, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { answer, api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { DataTable, usePages, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { count } from "../../shared/format";
import { Icon } from "../../shared/icons";
import { Moment } from "../../shared/moment";
import { PageHeader } from "../../shared/page-header";

type Segment = Schemas["SegmentAnswer"];

const COLUMNS: Column<Segment>[] = [
  { label: "Name", render: (segment) => <Anchor component={Link} to={`/segments/${segment.id}`}>{segment.name}</Anchor> },
  { label: "Contacts now", numeric: true, render: (segment) => <Count id={segment.id} /> },
  { label: "Changed", render: (segment) => <Moment at={segment.updated_at} /> },
];

function Count({ id }: { id: string }) {
  const found = useQuery({ queryKey: ["segments", id, "count"], queryFn: () => answer(api.GET("/api/v1/segments/{segment_id}/count", { params: { path: { segment_id: id } } })), staleTime: 30_000 });
  if (found.isError) return <>cannot be counted</>;
  return <>{found.data ? `${found.data.exact ? "" : "at least "}${count(found.data.number)}` : "…"}</>;
}

export function Segments() {
  const may = useMay();
  const segments = usePages(["segments"], (cursor) => answer(api.GET("/api/v1/segments", { params: { query: { cursor, limit: 50 } } })));
  return (
    <>
      <PageHeader title="Segments" description="Parts of your contacts by fields, lists and activity. A campaign keeps the filter that it was started with."
        actions={may("contacts:write") && <Button component={Link} to="/segments/new" leftSection={<Icon name="plus" />}>New segment</Button>} />
      <DataTable caption="Segments" query={segments} columns={COLUMNS} keyOf={(segment) => segment.id}
        empty={<EmptyState icon="segment" title="No segment yet" action={may("contacts:write") && <Button component={Link} to="/segments/new">Build the first segment</Button>}>
          For example: people in Rome who opened something in the last 90 days.
        </EmptyState>} />
    </>
  );
}
