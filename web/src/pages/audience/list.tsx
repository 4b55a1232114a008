// One list: what it rests on, how many are on it, and the way to them.
import { Button, Grid, Group, Paper, SimpleGrid, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { answer, api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { Confirm } from "../../shared/confirm";
import { LoadingRows } from "../../shared/data-table";
import { count } from "../../shared/format";
import { Icon } from "../../shared/icons";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice } from "../../shared/problem-notice";
import { ListForm } from "./list-form";
import type { ContactList } from "./lists-query";

export function List() {
  const { id = "" } = useParams();
  const list = useQuery({ queryKey: ["lists", id], queryFn: () => answer(api.GET("/api/v1/lists/{list_id}", { params: { path: { list_id: id } } })) });
  if (list.isPending) return <LoadingRows />;
  if (list.isError) return <ProblemNotice error={list.error} title="The list could not be read" onRetry={() => void list.refetch()} />;
  return <Known list={list.data} />;
}

function Known({ list }: { list: ContactList }) {
  const may = useMay();
  const queries = useQueryClient();
  const save = async (body: Schemas["ListRequest"]) => {
    await answer(api.PUT("/api/v1/lists/{list_id}", { params: { path: { list_id: list.id } }, body }));
    await queries.invalidateQueries({ queryKey: ["lists"] });
    notifications.show({ message: "Saved", color: "teal" });
  };
  return (
    <>
      <PageHeader title={list.name} description={list.description || undefined} back={{ to: "/lists", label: "Lists" }}
        actions={<>
          <Button component={Link} to={`/contacts?list=${list.id}`} variant="default" leftSection={<Icon name="contacts" />}>Its contacts</Button>
          {may("contacts:write") && <Remove list={list} />}
        </>} />
      <SimpleGrid cols={{ base: 1, xs: 3 }} mb="lg">
        <Figure label="Confirmed" value={list.confirmed} note="get its campaigns" />
        <Figure label="Unconfirmed" value={list.unconfirmed} note="have not answered yet" />
        <Figure label="Unsubscribed" value={list.unsubscribed} note="are never written to again" />
      </SimpleGrid>
      {may("contacts:write") && (
        <Grid><Grid.Col span={{ base: 12, md: 7 }}>
          <Paper className="surface" p="md">
            <Title order={2} size="h4" mb="sm">Settings</Title>
            <ListForm list={list} save={save} verb="Save" />
          </Paper>
        </Grid.Col></Grid>
      )}
    </>
  );
}

function Figure({ label, value, note }: { label: string; value: number; note: string }) {
  return (
    <Paper className="surface" p="md">
      <Text size="xs" c="dimmed">{label}</Text>
      <Group gap="xs" align="baseline"><Text size="xl" fw={600} className="figures">{count(value)}</Text><Text size="xs" c="dimmed">{note}</Text></Group>
    </Paper>
  );
}

function Remove({ list }: { list: ContactList }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const remove = async () => {
    await answer(api.DELETE("/api/v1/lists/{list_id}", { params: { path: { list_id: list.id } } }));
    await queries.invalidateQueries({ queryKey: ["lists"] });
    void navigate("/lists");
  };
  return (
    <>
      <Button variant="default" color="red" leftSection={<Icon name="trash" />} onClick={() => setAsking(true)}>Delete</Button>
      <Confirm opened={asking} onClose={() => setAsking(false)} title={`Delete the list ${list.name}?`} confirm="Delete the list" danger onConfirm={remove}>
        Its contacts stay, but {count(list.confirmed)} lose this reason to be written to. This cannot be taken back.
      </Confirm>
    </>
  );
}
