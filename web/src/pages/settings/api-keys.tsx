// API keys: for programs. Each may do what its scopes say and no more.
import { Button, Checkbox, Code, Group, Modal, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { useMay, useSession, type Permission } from "../../api/session";
import { Confirm } from "../../shared/confirm";
import { DataTable, usePages, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { Icon } from "../../shared/icons";
import { Moment } from "../../shared/moment";
import { ProblemNotice } from "../../shared/problem-notice";
import { ShownOnce } from "./once";

type Key = Schemas["ApiKeyAnswer"];

export function ApiKeys() {
  const may = useMay();
  const queries = useQueryClient();
  const [making, { open, close }] = useDisclosure(false);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const keys = usePages(["api-keys"], (cursor) => answer(api.GET("/api/v1/api-keys", { params: { query: { cursor, limit: 50 } } })));
  const revoke = async () => {
    if (!revoking) return;
    await answer(api.DELETE("/api/v1/api-keys/{key_id}", { params: { path: { key_id: revoking.id } } }));
    await queries.invalidateQueries({ queryKey: ["api-keys"] });
  };
  const columns: Column<Key>[] = [
    { label: "Name", render: (key) => key.name },
    { label: "Begins with", render: (key) => <Code>{key.prefix}</Code> },
    { label: "May", render: (key) => <span className="truncate cell-wide">{key.scopes.join(", ")}</span> },
    { label: "Last used", render: (key) => (key.used_at ? <Moment at={key.used_at} as="relative" /> : "never") },
    { label: "Until", render: (key) => (key.expires_at ? <Moment at={key.expires_at} /> : "revoked") },
    ...(may("keys:write") ? [{ label: "", render: (key: Key) => <Button size="compact-xs" variant="subtle" color="red" aria-label={`Revoke ${key.name}`} onClick={() => setRevoking(key)}>Revoke</Button> }] : []),
  ];
  const make = may("keys:write") && <Button leftSection={<Icon name="plus" />} onClick={open}>New key</Button>;
  return (
    <Stack>
      <Group justify="flex-end">{make}</Group>
      <DataTable caption="API keys" query={keys} columns={columns} keyOf={(key) => key.id}
        empty={<EmptyState icon="key" title="No key yet">A shop or a script gets a key of its own, with just what it needs. The whole API is described at <a href="/api/docs">/api/docs</a>.</EmptyState>} />
      <Modal opened={making} onClose={close} title="New API key" size="lg" closeButtonProps={{ "aria-label": "Close" }}><Make /></Modal>
      <Confirm opened={revoking !== null} onClose={() => setRevoking(null)} title={`Revoke ${revoking?.name ?? ""}?`} confirm="Revoke the key" danger onConfirm={revoke}>
        Whatever uses it is refused within a second, everywhere.
      </Confirm>
    </Stack>
  );
}

function Make() {
  const session = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const [days, setDays] = useState<string | null>("365");
  const make = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/api-keys", { body: { name, scopes: scopes as Permission[], expires_after_days: days === "0" ? null : Number(days) } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["api-keys"] }),
  });
  if (make.data) return <ShownOnce title="The key, shown this once" secret={make.data.key} />;
  return (
    <form onSubmit={(event) => { event.preventDefault(); make.mutate(); }}>
      <Stack>
        <TextInput label="Name" description="What uses it: shop, signup form." required value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
        <Checkbox.Group label="It may" value={scopes} onChange={setScopes}>
          <SimpleGrid cols={{ base: 1, xs: 2, sm: 3 }} spacing={6} mt={6}>{session.permissions.map((one) => <Checkbox key={one} value={one} label={one} />)}</SimpleGrid>
        </Checkbox.Group>
        <Select label="It works for" allowDeselect={false} value={days} onChange={setDays} data={[{ value: "30", label: "30 days" }, { value: "365", label: "a year" }, { value: "0", label: "until it is revoked" }]} />
        <ProblemNotice error={make.error} title="No key was made" />
        <Group justify="flex-end"><Button type="submit" disabled={scopes.length === 0} loading={make.isPending}>Make the key</Button></Group>
      </Stack>
    </form>
  );
}
