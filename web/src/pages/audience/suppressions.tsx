// Suppressions: addresses that get nothing, whoever asks for it.
import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
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
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice } from "../../shared/problem-notice";

type Suppression = Schemas["SuppressionAnswer"];

export function Suppressions() {
  const may = useMay();
  const queries = useQueryClient();
  const [adding, { open, close }] = useDisclosure(false);
  const [lifting, setLifting] = useState<Suppression | null>(null);
  const found = usePages(["suppressions"], (cursor) => answer(api.GET("/api/v1/suppressions", { params: { query: { cursor, limit: 50 } } })));
  const lift = async () => {
    if (!lifting) return;
    await answer(api.POST("/api/v1/suppressions/lift", { body: { address: lifting.address } }));
    await queries.invalidateQueries({ queryKey: ["suppressions"] });
  };
  const columns: Column<Suppression>[] = [
    { label: "Address", render: (one) => one.address },
    { label: "Reason", render: (one) => one.reason },
    { label: "Source", render: (one) => one.source },
    { label: "Since", render: (one) => <Moment at={one.created_at} /> },
    { label: "Until", render: (one) => (one.expires_at ? <Moment at={one.expires_at} /> : "for good") },
    ...(may("suppressions:write") ? [{ label: "", render: (one: Suppression) => <Button size="compact-xs" variant="subtle" aria-label={`Lift the suppression of ${one.address}`} onClick={() => setLifting(one)}>Lift</Button> }] : []),
  ];
  return (
    <>
      <PageHeader title="Suppressions" description="Unsubscribed, bounced for good, complained, or put here by you: these addresses get nothing, also from campaigns that are under way."
        actions={may("suppressions:write") && <Button leftSection={<Icon name="plus" />} onClick={open}>Suppress addresses</Button>} />
      <DataTable caption="Suppressed addresses" query={found} columns={columns} keyOf={(one) => one.address}
        empty={<EmptyState icon="suppression" title="Nobody is suppressed">Hard bounces, complaints and unsubscriptions put addresses here by themselves.</EmptyState>} />
      <Modal opened={adding} onClose={close} title="Suppress addresses" closeButtonProps={{ "aria-label": "Close" }}><Add onDone={close} /></Modal>
      <Confirm opened={lifting !== null} onClose={() => setLifting(null)} title="Lift this suppression?" confirm="Lift it" onConfirm={lift}>
        <Text component="span" fw={600}>{lifting?.address}</Text> can get messages again. Do this only when the person has asked for it, or the reason was a mistake.
      </Confirm>
    </>
  );
}

function Add({ onDone }: { onDone: () => void }) {
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const [reason, setReason] = useState("by hand");
  const addresses = text.split(/[\s,;]+/).filter((word) => word !== "");
  const add = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/suppressions", { body: { addresses, reason } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["suppressions"] });
      onDone();
    },
  });
  return (
    <Stack>
      <Textarea label="Addresses" description="One per line, or separated by commas." autosize minRows={4} maxRows={14} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      <TextInput label="Reason" value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      <ProblemNotice error={add.error} title="Nobody was suppressed" />
      <Group justify="flex-end"><Button disabled={addresses.length === 0} loading={add.isPending} onClick={() => add.mutate()}>Suppress {addresses.length || ""}</Button></Group>
    </Stack>
  );
}
