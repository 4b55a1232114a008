// The message in a real mailbox: to a few addresses, through one account, and what became of it.
import { Button, Card, Group, Select, Stack, TagsInput, Text, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, type Schemas } from "../../../api/client";
import { useSession } from "../../../api/session";
import { Icon } from "../../../shared/icons";
import { ProblemNotice } from "../../../shared/problem-notice";
import { StateBadge } from "../../../shared/state-badge";
import { readAllAccounts } from "../../accounts/account-calls";
import type { Campaign } from "../campaign-calls";

const OVER = ["sent", "failed", "skipped", "uncertain", "cancelled"];

export function TestCard({ campaign }: { campaign: Campaign }) {
  const { user } = useSession();
  const [addresses, setAddresses] = useState<string[]>(campaign.channel === "whatsapp" ? [] : [user.email]);
  const byNumber = campaign.channel === "whatsapp";
  const accounts = useQuery({ queryKey: ["accounts", "all"], queryFn: readAllAccounts, staleTime: 15_000 });
  const usable = (accounts.data ?? []).filter((one) => one.channel === campaign.channel && (campaign.accounts.length === 0 || campaign.accounts.includes(one.id)));
  const [chosen, setChosen] = useState<string | null>(null);
  const account = chosen ?? (usable.find((one) => one.state === "ready") ?? usable[0])?.id ?? null;
  const people = useQuery({ queryKey: ["contacts", "preview-choice"], queryFn: () => answer(api.GET("/api/v1/contacts", { params: { query: { limit: 50 } } })) });
  const contact = people.data?.items.find((one) => !byNumber || one.phone)?.id ?? null;
  const send = useMutation({
    mutationFn: () =>
      answer(api.POST("/api/v1/campaigns/{campaign_id}/test", { params: { path: { campaign_id: campaign.id } }, body: { addresses, account_id: account ?? "", contact_id: contact, fields: {} } })),
  });
  return (
    <Card withBorder className="surface" component="section" aria-label="Test">
      <Stack>
        <Title order={2}>Send a test</Title>
        <TagsInput label="To" value={addresses} onChange={setAddresses} maxTags={10} placeholder={byNumber ? "+41 44 668 18 00" : undefined} description={`With the fields of your newest contact. Press Enter after each ${byNumber ? "number" : "address"}.`} acceptValueOnBlur />
        <Select label="Through" allowDeselect={false} searchable value={account} onChange={setChosen} placeholder="Add an account first" data={usable.map((one) => ({ value: one.id, label: one.name }))} />
        <ProblemNotice error={send.error} title="No test was sent" />
        <Group><Button variant="default" leftSection={<Icon name="campaign" size={16} />} disabled={!account || addresses.length === 0} loading={send.isPending} onClick={() => send.mutate()}>Send the test</Button></Group>
        {send.data?.messages.map((message) => <TestOutcome key={message.id} message={message} />)}
      </Stack>
    </Card>
  );
}

/** Looks until the message has arrived or cannot. */
function TestOutcome({ message }: { message: Schemas["TestMessageAnswer"] }) {
  const found = useQuery({
    queryKey: ["message", message.id],
    queryFn: () => answer(api.GET("/api/v1/messages/{message_id}", { params: { path: { message_id: message.id } } })),
    refetchInterval: (query) => (query.state.data && OVER.includes(query.state.data.state) ? false : 700),
    refetchIntervalInBackground: true,
  });
  return (
    <Group gap="xs" role="status">
      <StateBadge state={found.data?.state ?? "queued"} size="sm" />
      <Text size="sm">{message.address}</Text>
      {found.data?.reply && <Text size="xs" c="dimmed" className="reply">{found.data.reply}</Text>}
    </Group>
  );
}
