// A WhatsApp number: how the provider sees it, and what can be changed of it.
import { Button, Group, Paper, PasswordInput, Select, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { answer, api } from "../../api/client";
import { count } from "../../shared/format";
import { showInForm } from "../../shared/form-problems";
import { Moment } from "../../shared/moment";
import { ProblemNotice } from "../../shared/problem-notice";
import { QualityBadge } from "../whatsapp/quality-badge";
import type { Account } from "./account-calls";

interface NumberCardProps {
  account: Account;
  writes: boolean;
}

export function NumberCard({ account, writes }: NumberCardProps) {
  const number = account.whatsapp;
  if (!number) return null;
  const { messaging_limit: limit } = number;
  return (
    <Paper className="surface" p="md" component="section" aria-label="Number">
      <Title order={2} size="h4" mb="sm">With the provider</Title>
      <SimpleGrid cols={{ base: 2, sm: 3 }} mb="md">
        <Fact label="Status"><QualityBadge value={number.status} /></Fact>
        <Fact label="Quality"><QualityBadge value={number.quality} /></Fact>
        <Fact label="People in 24 hours">{limit === null ? "not known" : limit < 0 ? "any number" : count(limit)}</Fact>
        <Fact label="Messages a second">{count(number.messages_per_second)}</Fact>
        <Fact label="Last message from somebody"><Moment at={number.inbound_at} as="relative" /></Fact>
        <Fact label="Asked"><Moment at={number.checked_at} as="relative" /></Fact>
      </SimpleGrid>
      {writes && <Change account={account} />}
    </Paper>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return <div><Text size="xs" c="dimmed">{label}</Text><Text size="sm" fw={600} component="div" className="figures">{children}</Text></div>;
}

function Change({ account }: { account: Account }) {
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const rate = String(account.whatsapp?.messages_per_second ?? 80);
  const form = useForm({ initialValues: { business_account_id: account.whatsapp?.business_account_id ?? "", messages_per_second: rate, token: "" } });
  const save = useMutation({
    mutationFn: ({ token, business_account_id, messages_per_second }: typeof form.values) =>
      answer(api.PATCH("/api/v1/accounts/{account_id}", { params: { path: { account_id: account.id } }, body: { business_account_id, messages_per_second: Number(messages_per_second), ...(token && { token }) } })),
    onMutate: () => setError(null),
    onSuccess: async () => {
      form.setFieldValue("token", "");
      notifications.show({ message: "Saved", color: "teal" });
      await queries.invalidateQueries({ queryKey: ["accounts"] });
    },
    onError: (failure) => setError(showInForm(form, failure)),
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput label="Business account id" description="For its list of templates." inputMode="numeric" {...form.getInputProps("business_account_id")} />
          <Select label="Messages a second" description="What the provider allows." allowDeselect={false} data={[...new Set(["20", "80", "1000", rate])]} {...form.getInputProps("messages_per_second")} />
        </SimpleGrid>
        <PasswordInput label="New token" description="Left empty, the old one stays." autoComplete="off" {...form.getInputProps("token")} />
        <ProblemNotice error={error} title="Nothing was changed" />
        <Group justify="flex-end"><Button type="submit" loading={save.isPending}>Save</Button></Group>
      </Stack>
    </form>
  );
}
