// Sending domains: the keys that sign their messages (DKIM), and what has to stand in DNS.
import { Badge, Button, Checkbox, Code, CopyButton, Group, Modal, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { Confirm } from "../../shared/confirm";
import { LoadingRows } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { Icon } from "../../shared/icons";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice, upperFirst } from "../../shared/problem-notice";

type Domain = Schemas["DomainAnswer"];
type Key = Schemas["KeyAnswer"];

const QUERY = ["domains"] as const;
const at = (id: string) => ({ params: { path: { domain_id: id } } });

export function Domains() {
  const may = useMay();
  const [adding, { open, close }] = useDisclosure(false);
  const found = useQuery({ queryKey: QUERY, queryFn: async () => (await answer(api.GET("/api/v1/domains"))).items });
  const writes = may("accounts:write");
  return (
    <>
      <PageHeader title="Domains" description="Large providers take bulk mail only when it is signed by the domain that it comes from. Paceline makes the keys; you publish one record for each."
        actions={writes && <Button leftSection={<Icon name="plus" />} onClick={open}>Add a domain</Button>} />
      <Stack>
        {found.isPending && <LoadingRows />}
        <ProblemNotice error={found.error} onRetry={() => void found.refetch()} />
        {found.data?.map((domain) => <DomainCard key={domain.id} domain={domain} writes={writes} />)}
        {found.data?.length === 0 && (
          <EmptyState icon="key" title="No domain yet" action={writes && <Button onClick={open}>Add a domain</Button>}>
            When the server that you send through signs messages already, you need none: ask its provider for DKIM.
          </EmptyState>
        )}
      </Stack>
      <Modal opened={adding} onClose={close} title="Add a domain" closeButtonProps={{ "aria-label": "Close" }}><Add onDone={close} /></Modal>
    </>
  );
}

function Add({ onDone }: { onDone: () => void }) {
  const queries = useQueryClient();
  const [domain, setDomain] = useState("");
  const [elliptic, setElliptic] = useState(false);
  const add = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/domains", { body: { domain, kinds: elliptic ? ["rsa", "ed25519"] : ["rsa"] } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: QUERY });
      onDone();
    },
  });
  return (
    <form onSubmit={(event) => { event.preventDefault(); add.mutate(); }}>
      <Stack>
        <TextInput label="Domain" description="As in From: what stands behind the @." placeholder="example.com" required value={domain} onChange={(event) => setDomain(event.currentTarget.value)} data-autofocus />
        <Checkbox label="An Ed25519 key besides the RSA one" description="Some receivers verify it; every one verifies RSA." checked={elliptic} onChange={(event) => setElliptic(event.currentTarget.checked)} />
        <ProblemNotice error={add.error} title="No domain was added" />
        <Group justify="flex-end"><Button type="submit" loading={add.isPending}>Make the keys</Button></Group>
      </Stack>
    </form>
  );
}

function DomainCard({ domain, writes }: { domain: Domain; writes: boolean }) {
  const queries = useQueryClient();
  const [removing, setRemoving] = useState(false);
  const again = () => queries.invalidateQueries({ queryKey: QUERY });
  const records = useMutation({ mutationFn: () => answer(api.GET("/api/v1/domains/{domain_id}/records", at(domain.id))) });
  const activate = useMutation({ mutationFn: () => answer(api.POST("/api/v1/domains/{domain_id}/activate", { ...at(domain.id), body: {} })), onSuccess: again });
  const replace = useMutation({ mutationFn: () => answer(api.POST("/api/v1/domains/{domain_id}/keys", { ...at(domain.id), body: {} })), onSuccess: again });
  const remove = async () => {
    await answer(api.DELETE("/api/v1/domains/{domain_id}", at(domain.id)));
    await again();
  };
  const waiting = domain.keys.some((key) => key.activated_at === null && key.retired_at === null);
  const said = new Map(records.data?.items.map((one) => [one.record_name, one]));
  return (
    <Paper className="surface" p="md" component="section" aria-label={domain.domain}>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">{domain.domain}</Title>
        <Group gap="xs">
          <Button size="xs" variant="default" loading={records.isPending} onClick={() => records.mutate()}>Look into DNS</Button>
          {writes && waiting && <Button size="xs" loading={activate.isPending} onClick={() => activate.mutate()}>Sign from now on</Button>}
          {writes && !waiting && <Button size="xs" variant="default" loading={replace.isPending} onClick={() => replace.mutate()}>New keys</Button>}
          {writes && <Button size="xs" variant="default" color="red" onClick={() => setRemoving(true)}>Delete</Button>}
        </Group>
      </Group>
      <ProblemNotice error={records.error ?? activate.error ?? replace.error} title={activate.error ? "The keys do not sign yet" : undefined} />
      <Stack gap="sm">{domain.keys.map((key) => <KeyRecord key={key.record_name} domainKey={key} found={said.get(key.record_name)} />)}</Stack>
      <Confirm opened={removing} onClose={() => setRemoving(false)} title={`Delete ${domain.domain}?`} confirm="Delete the domain" danger onConfirm={remove}>
        Its keys are gone for good, and messages from it are not signed any more.
      </Confirm>
    </Paper>
  );
}

function KeyRecord({ domainKey, found }: { domainKey: Key; found: Schemas["RecordAnswer"] | undefined }) {
  return (
    <div>
      <Group gap="xs">
        <Text size="sm" fw={600}>{domainKey.kind === "rsa" ? "RSA" : "Ed25519"}</Text>
        <Badge variant="light" color={domainKey.state === "active" ? "teal" : domainKey.state === "retired" ? "gray" : "yellow"}>{domainKey.state}</Badge>
        {found && <Text size="sm" role="status" c={found.ok === false ? "red" : undefined}>{upperFirst(found.sentence)}</Text>}
      </Group>
      <Text size="xs" c="dimmed" mt={4}>A TXT record with this name and this value:</Text>
      <Copied label="Name" text={domainKey.record_name} />
      <Copied label="Value" text={domainKey.record_value} />
    </div>
  );
}

function Copied({ label, text }: { label: string; text: string }) {
  return (
    <Group gap="xs" wrap="nowrap" mt={4} align="start">
      <Code block flex={1} className="secret">{text}</Code>
      <CopyButton value={text}>{({ copied, copy }) => <Button size="xs" variant="default" aria-label={`Copy the ${label.toLowerCase()}`} onClick={copy}>{copied ? "Copied" : "Copy"}</Button>}</CopyButton>
    </Group>
  );
}
