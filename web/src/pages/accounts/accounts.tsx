// All accounts: found by name, server or tag; tested, switched and limited one by one or many at once.
import { Alert, Anchor, Badge, Button, Checkbox, Group, List, Modal, NumberInput, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link } from "react-router";

import { answer, api } from "../../api/client";
import { useMay } from "../../api/session";
import { DataTable, usePages, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { plural } from "../../shared/format";
import { Icon } from "../../shared/icons";
import { Meter } from "../../shared/meter";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice, upperFirst } from "../../shared/problem-notice";
import { StateBadge } from "../../shared/state-badge";
import type { Account } from "./account-calls";

export function Accounts() {
  const may = useMay();
  const [tag, setTag] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const query = { tag: /^[\w.:-]+$/.test(tag) ? tag : undefined };
  const accounts = usePages(["accounts", "pages", query], (cursor) => answer(api.GET("/api/v1/accounts", { params: { query: { ...query, cursor, limit: 100 } } })), { refetchInterval: 10_000 });
  const writes = may("accounts:write");
  const toggle = (id: string) => setChosen((before) => new Set(before.has(id) ? [...before].filter((one) => one !== id) : [...before, id]));
  const columns = useMemo<Column<Account>[]>(() => [
    ...(writes ? [{ label: "", width: 40, render: (one: Account) => <Checkbox aria-label={`Choose ${one.name}`} checked={chosen.has(one.id)} onChange={() => toggle(one.id)} /> }] : []),
    { label: "Name", render: (one) => <><Anchor component={Link} to={`/accounts/${one.id}`}>{one.name}</Anchor><Text size="xs" c="dimmed">{one.username && `${one.username} at `}{one.host}</Text></> },
    { label: "State", render: (one) => <><StateBadge state={one.state} />{one.reason && <Text size="xs" c="dimmed" maw="16rem">{upperFirst(one.reason)}</Text>}</> },
    { label: "This hour", render: (one) => <Meter label="" used={one.sent_this_hour} limit={one.hourly_limit} /> },
    { label: "Today", render: (one) => <Meter label="" used={one.sent_today} limit={one.daily_limit} /> },
    { label: "Tags", render: (one) => <Group gap={4}>{one.tags.map((word) => <Badge key={word} variant="default" size="sm">{word}</Badge>)}</Group> },
  ], [writes, chosen]);
  return (
    <>
      <PageHeader title="Accounts" description="Every login or number that sends. Each has one worker, and goes at its own pace and within its own limits."
        actions={writes && <Button component={Link} to="/accounts/new" leftSection={<Icon name="plus" />}>Add an account</Button>} />
      <Group align="end" mb="md" justify="space-between">
        <TextInput label="With the tag" leftSection={<Icon name="search" size={16} />} value={tag} onChange={(event) => setTag(event.currentTarget.value)} />
        {chosen.size > 0 && <Many ids={[...chosen]} onDone={() => setChosen(new Set())} />}
      </Group>
      <DataTable caption="Accounts" query={accounts} columns={columns} keyOf={(one) => one.id}
        empty={tag
          ? <EmptyState icon="search" title="No account has this tag">Tags are whole words, such as cold or shop.</EmptyState>
          : <EmptyState icon="account" title="No account yet" action={writes && <Button component={Link} to="/accounts/new">Add an account</Button>}>An account is a login at a mail server, with the limits that its provider sets.</EmptyState>} />
    </>
  );
}

/** What can be done with several accounts at once. */
function Many({ ids, onDone }: { ids: string[]; onDone: () => void }) {
  const queries = useQueryClient();
  const [limiting, { open, close }] = useDisclosure(false);
  const again = () => queries.invalidateQueries({ queryKey: ["accounts"] });
  const edit = useMutation({ mutationFn: (enabled: boolean) => answer(api.POST("/api/v1/accounts/edit", { body: { ids, enabled } })), onSuccess: again });
  const test = useMutation({ mutationFn: () => answer(api.POST("/api/v1/accounts/test", { body: { ids } })), onSuccess: again });
  const failed = test.data?.items.filter((one) => !one.ok) ?? [];
  return (
    <Stack gap="xs" align="flex-end">
      <Group gap="xs">
        <Text size="sm" role="status">{plural(ids.length, "account")} chosen</Text>
        <Button size="xs" variant="default" loading={test.isPending} onClick={() => test.mutate()}>Test</Button>
        <Button size="xs" variant="default" onClick={open}>Limits</Button>
        <Button size="xs" variant="default" onClick={() => edit.mutate(true)}>Switch on</Button>
        <Button size="xs" variant="default" onClick={() => edit.mutate(false)}>Switch off</Button>
        <Button size="xs" variant="subtle" onClick={onDone}>Done</Button>
      </Group>
      <ProblemNotice error={edit.error ?? test.error} title="Nothing was changed" />
      {test.data && (
        <Alert color={failed.length ? "red" : "teal"} variant="light" role="status" title={failed.length ? `${plural(failed.length, "account")} of ${test.data.items.length} did not log in` : "All of them log in"}>
          {failed.length > 0 && <List size="sm">{failed.map((one) => <List.Item key={one.id}>{one.name}: {one.message}</List.Item>)}</List>}
        </Alert>
      )}
      <Modal opened={limiting} onClose={close} title={`Limits of ${plural(ids.length, "account")}`} closeButtonProps={{ "aria-label": "Close" }}><LimitMany ids={ids} onDone={close} /></Modal>
    </Stack>
  );
}

const LIMITS = [["hourly_limit", "An hour at most"], ["daily_limit", "A day at most"], ["monthly_limit", "A month at most"], ["rate_per_minute", "A minute, evenly"]] as const;

function LimitMany({ ids, onDone }: { ids: string[]; onDone: () => void }) {
  const queries = useQueryClient();
  const [changes, setChanges] = useState<Record<string, number>>({});
  const save = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/accounts/edit", { body: { ids, changes } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["accounts"] });
      onDone();
    },
  });
  return (
    <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
      <Stack>
        <SimpleGrid cols={2}>
          {LIMITS.map(([name, label]) => (
            <NumberInput key={name} label={label} min={0} placeholder="as it is" value={changes[name] ?? ""}
              onChange={(value) => setChanges(({ [name]: _, ...rest }) => (typeof value === "number" ? { ...rest, [name]: value } : rest))} />
          ))}
        </SimpleGrid>
        <Text size="xs" c="dimmed">0 is no limit; what is empty stays as it is. Running campaigns follow within a second.</Text>
        <ProblemNotice error={save.error} title="Nothing was changed" />
        <Group justify="flex-end"><Button type="submit" disabled={Object.keys(changes).length === 0} loading={save.isPending}>Set</Button></Group>
      </Stack>
    </form>
  );
}
