// Webhooks: where programs hear of events, signed; with what was delivered and what was answered.
import { Anchor, Badge, Button, Checkbox, Code, Group, Modal, SimpleGrid, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { Confirm } from "../../shared/confirm";
import { DataTable, usePages, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { Icon } from "../../shared/icons";
import { Moment } from "../../shared/moment";
import { ProblemNotice } from "../../shared/problem-notice";
import { EVENTS, eventLabel, type EventName } from "./events";
import { ShownOnce } from "./once";

type Webhook = Schemas["WebhookAnswer"];
type Delivery = Schemas["DeliveryAnswer"];

const at = (id: string) => ({ params: { path: { webhook_id: id } } });

export function Webhooks() {
  const may = useMay();
  const queries = useQueryClient();
  const [making, { open, close }] = useDisclosure(false);
  const [shown, setShown] = useState<Webhook | null>(null);
  const [removing, setRemoving] = useState<Webhook | null>(null);
  const again = () => queries.invalidateQueries({ queryKey: ["webhooks"] });
  const found = usePages(["webhooks"], (cursor) => answer(api.GET("/api/v1/webhooks", { params: { query: { cursor, limit: 50 } } })));
  const change = useMutation({
    mutationFn: ({ id, enabled }: { id: string; enabled: boolean }) => answer(api.PATCH("/api/v1/webhooks/{webhook_id}", { ...at(id), body: { enabled } })),
    onSettled: again,
  });
  const test = useMutation({ mutationFn: (hook: Webhook) => answer(api.POST("/api/v1/webhooks/{webhook_id}/test", at(hook.id))), onSuccess: (_, hook) => setShown(hook) });
  const remove = async () => {
    if (!removing) return;
    await answer(api.DELETE("/api/v1/webhooks/{webhook_id}", at(removing.id)));
    await again();
  };
  const writes = may("webhooks:write");
  const columns: Column<Webhook>[] = [
    { label: "Address", render: (hook) => <><Anchor component="button" ta="left" onClick={() => setShown(hook)}>{hook.url}</Anchor>{hook.disabled_reason && <Text size="xs" c="red">{hook.disabled_reason}</Text>}</> },
    { label: "Events", render: (hook) => (hook.events.length === EVENTS.length || hook.events.length === 0 ? "all" : <span className="truncate cell-wide">{hook.events.join(", ")}</span>) },
    { label: "On", render: (hook) => <Switch aria-label={`Deliver to ${hook.url}`} checked={hook.enabled} disabled={!writes} onChange={(event) => change.mutate({ id: hook.id, enabled: event.currentTarget.checked })} /> },
    ...(writes ? [{ label: "", render: (hook: Webhook) => (
      <Group gap={4} wrap="nowrap" justify="flex-end">
        <Button size="compact-xs" variant="subtle" aria-label={`Send a test to ${hook.url}`} onClick={() => test.mutate(hook)}>Test</Button>
        <Button size="compact-xs" variant="subtle" color="red" aria-label={`Delete the webhook to ${hook.url}`} onClick={() => setRemoving(hook)}>Delete</Button>
      </Group>
    ) }] : []),
  ];
  return (
    <Stack>
      {writes && <Group justify="flex-end"><Button leftSection={<Icon name="plus" />} onClick={open}>New webhook</Button></Group>}
      <ProblemNotice error={change.error ?? test.error} />
      <DataTable caption="Webhooks" query={found} columns={columns} keyOf={(hook) => hook.id}
        empty={<EmptyState icon="webhook" title="Nobody is told yet">Programs of yours can hear when campaigns end or pause and accounts break: signed by the Standard Webhooks specification, tried again for a day and a half.</EmptyState>} />
      <Modal opened={making} onClose={close} title="New webhook" size="lg" closeButtonProps={{ "aria-label": "Close" }}><Make /></Modal>
      <Modal opened={shown !== null} onClose={() => setShown(null)} title="Deliveries" size="xl" closeButtonProps={{ "aria-label": "Close" }}>{shown && <Deliveries hook={shown} />}</Modal>
      <Confirm opened={removing !== null} onClose={() => setRemoving(null)} title="Delete this webhook?" confirm="Delete the webhook" danger onConfirm={remove}>{removing?.url} hears of nothing any more.</Confirm>
    </Stack>
  );
}

function Make() {
  const queries = useQueryClient();
  const [url, setUrl] = useState("");
  const [description, setDescription] = useState("");
  const [events, setEvents] = useState<string[]>([...EVENTS]);
  const make = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/webhooks", { body: { url, description, events: events as EventName[] } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  if (make.data) return <ShownOnce title="The secret that signs its calls, shown this once" secret={make.data.secret} />;
  return (
    <form onSubmit={(event) => { event.preventDefault(); make.mutate(); }}>
      <Stack>
        <TextInput label="Address" type="url" placeholder="https://example.com/paceline" required value={url} onChange={(event) => setUrl(event.currentTarget.value)} data-autofocus />
        <TextInput label="Description" value={description} onChange={(event) => setDescription(event.currentTarget.value)} />
        <Checkbox.Group label="It hears of" value={events} onChange={setEvents}>
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing={6} mt={6}>{EVENTS.map((one) => <Checkbox key={one} value={one} label={eventLabel(one)} />)}</SimpleGrid>
        </Checkbox.Group>
        <ProblemNotice error={make.error} title="No webhook was made" />
        <Group justify="flex-end"><Button type="submit" disabled={events.length === 0} loading={make.isPending}>Make the webhook</Button></Group>
      </Stack>
    </form>
  );
}

const COLOURS: Record<string, string> = { delivered: "teal", failed: "red", waiting: "yellow" };

function Deliveries({ hook }: { hook: Webhook }) {
  const may = useMay();
  const queries = useQueryClient();
  const key = ["webhooks", hook.id, "deliveries"];
  const found = usePages(key, (cursor) => answer(api.GET("/api/v1/webhooks/{webhook_id}/deliveries", { params: { path: { webhook_id: hook.id }, query: { cursor, limit: 20 } } })), { refetchInterval: 3000 });
  const again = useMutation({
    mutationFn: (delivery: Delivery) => answer(api.POST("/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver", { params: { path: { webhook_id: hook.id, delivery_id: delivery.id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
  const rotate = useMutation({ mutationFn: () => answer(api.POST("/api/v1/webhooks/{webhook_id}/secret", at(hook.id))) });
  const columns: Column<Delivery>[] = [
    { label: "When", render: (one) => <Moment at={one.created_at} /> },
    { label: "Event", render: (one) => one.event },
    { label: "State", render: (one) => <><Badge variant="light" color={COLOURS[one.status] ?? "gray"}>{one.status}</Badge>{one.next_attempt_at && <Text size="xs" c="dimmed">again <Moment at={one.next_attempt_at} as="relative" /></Text>}</> },
    { label: "Attempts", numeric: true, render: (one) => one.attempts },
    { label: "Answer", render: (one) => <span className="truncate cell-wide">{one.answer ?? "–"}</span> },
    ...(may("webhooks:write") ? [{ label: "", render: (one: Delivery) => <Button size="compact-xs" variant="subtle" onClick={() => again.mutate(one)}>Again</Button> }] : []),
  ];
  return (
    <Stack>
      <Group justify="space-between"><Code className="truncate">{hook.url}</Code>{may("webhooks:write") && <Button size="xs" variant="default" loading={rotate.isPending} onClick={() => rotate.mutate()}>New secret</Button>}</Group>
      {rotate.data && <ShownOnce title="The new secret; the old one signs as well for a day" secret={rotate.data.secret} />}
      <ProblemNotice error={again.error ?? rotate.error} />
      <DataTable caption="Deliveries" query={found} columns={columns} keyOf={(one) => one.id} empty={<EmptyState icon="webhook" title="Nothing was delivered yet">Send a test to see what it answers.</EmptyState>} />
    </Stack>
  );
}
