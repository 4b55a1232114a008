// Lists: who has agreed to what. A campaign goes to lists.
import { Alert, Anchor, Badge, Button, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";

import { answer, api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { DataTable, usePages, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { count } from "../../shared/format";
import { Icon } from "../../shared/icons";
import { PageHeader } from "../../shared/page-header";
import { ListForm } from "./list-form";
import type { ContactList } from "./lists-query";

const COLUMNS: Column<ContactList>[] = [
  { label: "Name", render: (list) => <><Anchor component={Link} to={`/lists/${list.id}`}>{list.name}</Anchor>{list.description && <Text size="xs" c="dimmed">{list.description}</Text>}</> },
  { label: "Consent", render: (list) => (list.consent ? <span className="truncate cell-wide">{list.consent}</span> : <Badge color="orange" variant="light">none on record</Badge>) },
  { label: "Confirmed", numeric: true, render: (list) => count(list.confirmed) },
  { label: "Unconfirmed", numeric: true, render: (list) => count(list.unconfirmed) },
  { label: "Unsubscribed", numeric: true, render: (list) => count(list.unsubscribed) },
];

export function Lists() {
  const may = useMay();
  const queries = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const lists = usePages(["lists"], (cursor) => answer(api.GET("/api/v1/lists", { params: { query: { cursor, limit: 50 } } })));
  const create = async (body: Schemas["ListRequest"]) => {
    await answer(api.POST("/api/v1/lists", { body }));
    await queries.invalidateQueries({ queryKey: ["lists"] });
    close();
  };
  const lacking = lists.data?.pages.flatMap((page) => page.items).filter((list) => !list.consent && list.confirmed > 0) ?? [];
  return (
    <>
      <PageHeader title="Lists" description="A list is a reason to write to somebody: what people have agreed to, and who has."
        actions={may("contacts:write") && <Button leftSection={<Icon name="plus" />} onClick={open}>New list</Button>} />
      {lacking.length > 0 && (
        <Alert color="orange" mb="md" icon={<Icon name="alert" />} title="People without a consent on record">
          Write down where their agreement comes from: {lacking.map((list) => list.name).join(", ")}.
        </Alert>
      )}
      <DataTable caption="Lists" query={lists} columns={COLUMNS} keyOf={(list) => list.id}
        empty={<EmptyState icon="list" title="No list yet" action={may("contacts:write") && <Button onClick={open}>Make the first list</Button>}>
          Make one for each thing that people can agree to: a newsletter, offers, news about a course.
        </EmptyState>} />
      <Modal opened={opened} onClose={close} title="New list" closeButtonProps={{ "aria-label": "Close" }}><ListForm list={null} save={create} verb="Create" /></Modal>
    </>
  );
}
