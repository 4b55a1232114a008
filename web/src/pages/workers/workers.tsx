// Remote workers: other machines that send whole campaigns and report home.
import { Alert, Badge, Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { Confirm } from "../../shared/confirm";
import { LoadingRows, RowsTable, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { count } from "../../shared/format";
import { Icon } from "../../shared/icons";
import { Moment } from "../../shared/moment";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice } from "../../shared/problem-notice";
import { ShownOnce } from "../settings/once";

type Worker = Schemas["WorkerAnswer"];

const KEY = ["workers"] as const;
const at = (id: string) => ({ params: { path: { worker_id: id } } });

export function Workers() {
  const may = useMay();
  const queries = useQueryClient();
  const [adding, { open, close }] = useDisclosure(false);
  const [removing, setRemoving] = useState<Worker | null>(null);
  const found = useQuery({ queryKey: KEY, queryFn: () => answer(api.GET("/api/v1/workers")), refetchInterval: 5000 });
  const rotate = useMutation({ mutationFn: (worker: Worker) => answer(api.POST("/api/v1/workers/{worker_id}/rotate-key", at(worker.id))) });
  const remove = async () => {
    if (!removing) return;
    await answer(api.DELETE("/api/v1/workers/{worker_id}", at(removing.id)));
    await queries.invalidateQueries({ queryKey: KEY });
  };
  const writes = may("accounts:write");
  const columns: Column<Worker>[] = [
    { label: "Name", render: (one) => <>{one.name}<Text size="xs" c="dimmed">{one.url}{one.version && `, version ${one.version}`}</Text></> },
    { label: "State", render: (one) => <><Badge variant="light" color={one.state === "reachable" ? "teal" : one.state === "new" ? "gray" : one.state === "halted" ? "red" : "yellow"}>{one.state}</Badge>{(one.halted ?? one.failure) && <Text size="xs" c="dimmed" maw="18rem">{one.halted ?? one.failure}</Text>}</> },
    { label: "Campaigns", numeric: true, render: (one) => count(one.campaigns) },
    { label: "Last report", render: (one) => <><Moment at={one.last_report_at} as="relative" />{one.next_report_at && <Text size="xs" c="dimmed">next <Moment at={one.next_report_at} as="relative" inherit /></Text>}</> },
    { label: "Waiting there", numeric: true, render: (one) => count(one.backlog) },
    { label: "Requests", numeric: true, render: (one) => <>{count(one.requests_last_minute)}/min<Text size="xs" c="dimmed">{count(one.requests_last_hour)} in the last hour</Text></> },
    { label: "Its breaker", render: (one) => one.breaker ?? "–" },
    ...(writes ? [{ label: "", render: (one: Worker) => (
      <Group gap={4} wrap="nowrap" justify="flex-end">
        <Button size="compact-xs" variant="subtle" aria-label={`New keys for ${one.name}`} onClick={() => rotate.mutate(one)}>New keys</Button>
        <Button size="compact-xs" variant="subtle" color="red" aria-label={`Forget ${one.name}`} onClick={() => setRemoving(one)}>Forget</Button>
      </Group>
    ) }] : []),
  ];
  return (
    <>
      <PageHeader title="Workers" description="A Paceline on another machine that sends whole campaigns from there, and reports home without burdening this one."
        actions={writes && <Button leftSection={<Icon name="plus" />} onClick={open}>Add a worker</Button>} />
      <Stack>
        <ProblemNotice error={found.error ?? rotate.error} onRetry={found.error ? () => void found.refetch() : undefined} />
        {rotate.data && <Keys made={rotate.data} />}
        {found.isPending && <LoadingRows />}
        {found.data && found.data.length > 0 && <RowsTable caption="Workers" rows={found.data} columns={columns} keyOf={(one) => one.id} />}
        {found.data?.length === 0 && (
          <EmptyState icon="worker" title="No worker yet" action={writes && <Button onClick={open}>Add a worker</Button>}>
            You need one only to send from another network or with other addresses. Here it gets its name and its keys; there it is one command.
          </EmptyState>
        )}
      </Stack>
      <Modal opened={adding} onClose={close} title="Add a worker" size="lg" closeButtonProps={{ "aria-label": "Close" }}><Add /></Modal>
      <Confirm opened={removing !== null} onClose={() => setRemoving(null)} title={`Forget ${removing?.name ?? ""}?`} confirm="Forget the worker" danger onConfirm={remove}>
        Its keys stop working at once. A worker that still has campaigns is not forgotten: stop or finish them first.
      </Confirm>
    </>
  );
}

function Add() {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const add = useMutation({ mutationFn: () => answer(api.POST("/api/v1/workers", { body: { name, url } })), onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) });
  if (add.data) return <Keys made={add.data} />;
  return (
    <form onSubmit={(event) => { event.preventDefault(); add.mutate(); }}>
      <Stack>
        <TextInput label="Name" required value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
        <TextInput label="Address" description="Where this server reaches it." type="url" placeholder="https://worker.example.com:8025" required value={url} onChange={(event) => setUrl(event.currentTarget.value)} />
        <ProblemNotice error={add.error} title="No worker was added" />
        <Group justify="flex-end"><Button type="submit" loading={add.isPending}>Add it</Button></Group>
      </Stack>
    </form>
  );
}

function Keys({ made }: { made: Schemas["WorkerWithKeys"] }) {
  return (
    <Stack>
      <Alert variant="light" title={`The keys of ${made.worker.name}, shown this once`}>Put them into the environment of <code>paceline worker</code> on that machine.</Alert>
      <ShownOnce title="WORKER_API_KEY" secret={made.key} />
      <ShownOnce title="The key that signs what is said" secret={made.signing_key} />
    </Stack>
  );
}
