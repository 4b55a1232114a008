// Limits above single accounts, and how many connections each server bears.
import { Badge, Button, Group, Modal, NumberInput, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { LoadingRows, RowsTable, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { count, plural } from "../../shared/format";
import { Icon } from "../../shared/icons";
import { Moment } from "../../shared/moment";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice, upperFirst } from "../../shared/problem-notice";
import { stateWords } from "../../shared/state-badge";
import { LayerForm } from "./layer-form";
import { KINDS, LIMITS_KEY, layerTitle, type Layer } from "./layers";

type Server = Schemas["ServerAnswer"];

export function Limits() {
  const may = useMay();
  const [shown, setShown] = useState<Layer | "new" | null>(null);
  const found = useQuery({ queryKey: LIMITS_KEY, queryFn: () => answer(api.GET("/api/v1/limits")), refetchInterval: 15_000 });
  const writes = may("accounts:write");
  const layers = found.data?.items ?? [];
  const columns: Column<Layer>[] = [
    { label: "Holds for", render: (one) => <>{layerTitle(one)}<Text size="xs" c="dimmed">{KINDS.find((kind) => kind.value === one.for)?.label}</Text></> },
    { label: "A minute", numeric: true, render: (one) => amount(one.minute_limit) },
    { label: "An hour", numeric: true, render: (one) => amount(one.hourly_limit) },
    { label: "A day", numeric: true, render: (one) => amount(one.daily_limit) },
    { label: "A month", numeric: true, render: (one) => amount(one.monthly_limit) },
    { label: "Windows", render: (one) => <Text size="sm">{one.window === "rolling" ? "rolling" : `of the calendar, ${one.timezone}`}</Text> },
    { label: "State", render: (one) => one.until_at ? <><Badge variant="light" color="yellow">full</Badge><Text size="xs" c="dimmed">{upperFirst(one.reason ?? "")}, until <Moment at={one.until_at} inherit /></Text></> : <Badge variant="light" color="teal">room</Badge> },
    ...(writes ? [{ label: "", render: (one: Layer) => <Button size="compact-xs" variant="subtle" aria-label={`Change the limits of ${layerTitle(one)}`} onClick={() => setShown(one)}>Change</Button> }] : []),
  ];
  return (
    <>
      <PageHeader title="Limits" description="What all accounts together may send: in all, through a server, for a campaign, to a domain or a provider. They are never exceeded, and the tightest one rules."
        actions={writes && <Button leftSection={<Icon name="plus" />} onClick={() => setShown("new")}>Set a limit</Button>} />
      <Stack>
        <ProblemNotice error={found.error} title="The limits could not be read" onRetry={() => void found.refetch()} />
        {found.isPending && <LoadingRows rows={3} />}
        {layers.length > 0 && <RowsTable caption="Limits" rows={layers} columns={columns} keyOf={(one) => `${one.for} ${one.name}`} />}
        {found.data && layers.length === 0 && (
          <EmptyState icon="limit" title="Only accounts have limits so far" action={writes && <Button onClick={() => setShown("new")}>Set a limit</Button>}>
            Large mailbox providers slow down whoever sends them too much at once, whatever account it comes from: a limit for their mailboxes keeps all accounts together below it.
          </EmptyState>
        )}
        <ServersTable writes={writes} />
      </Stack>
      <Modal opened={shown !== null} onClose={() => setShown(null)} title={shown && shown !== "new" ? layerTitle(shown) : "Set a limit"} size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        {shown && <LayerForm layer={shown === "new" ? null : shown} onSaved={() => setShown(null)} />}
      </Modal>
    </>
  );
}

const amount = (limit: number): string => (limit > 0 ? count(limit) : "–");

function ServersTable({ writes }: { writes: boolean }) {
  const servers = useQuery({ queryKey: ["servers"], queryFn: () => answer(api.GET("/api/v1/servers")), refetchInterval: 15_000 });
  if (!servers.data || servers.data.items.length === 0) return <ProblemNotice error={servers.error} title="The servers could not be read" />;
  const columns: Column<Server>[] = [
    { label: "Server", render: (one) => one.host },
    { label: "Accounts", render: (one) => <>{plural(one.accounts, "account")}<Text size="xs" c="dimmed">{Object.entries(one.states).map(([state, number]) => `${count(number)} ${stateWords(state)}`).join(", ")}</Text></> },
    { label: "Connections now", numeric: true, render: (one) => count(one.granted_connections) },
    { label: "Connections at most", numeric: true, render: (one) => writes ? <Connections key={`${one.id} ${one.max_connections}`} server={one} /> : one.max_connections ?? "as many as its accounts may" },
  ];
  return <RowsTable caption="Servers" rows={servers.data.items} columns={columns} keyOf={(one) => one.id} />;
}

function Connections({ server }: { server: Server }) {
  const queries = useQueryClient();
  const [most, setMost] = useState<number | null>(server.max_connections);
  const save = useMutation({
    mutationFn: () => answer(api.PUT("/api/v1/servers/{server_id}/limit", { params: { path: { server_id: server.id } }, body: { max_connections: most } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["servers"] }),
  });
  return (
    <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
      <Group gap="xs" wrap="nowrap" justify="flex-end">
        <NumberInput size="xs" w={110} aria-label={`Connections of ${server.host} at most`} placeholder="not limited" min={1} max={10_000} value={most ?? ""} onChange={(value) => setMost(Number(value) || null)} />
        <Button type="submit" size="xs" variant="default" disabled={most === server.max_connections} loading={save.isPending}>Set</Button>
      </Group>
      <ProblemNotice error={save.error} title="Nothing was changed" />
    </form>
  );
}
