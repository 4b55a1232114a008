// Which accounts send it, how fast at most, and when.
import { Anchor, Badge, Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";

import { EmptyState } from "../../../shared/empty-state";
import { count, plural } from "../../../shared/format";
import { ProblemNotice } from "../../../shared/problem-notice";
import { StateBadge } from "../../../shared/state-badge";
import { readAllAccounts, type Account } from "../../accounts/account-calls";
import { CampaignLimits } from "../../limits/campaign-limits";
import type { Draft } from "./draft-page";
import { PaceCard } from "./pace-card";
import { WindowCard } from "./window-card";

interface AccountsStepProps {
  /** Those that the campaign is sent on; "" is none. */
  channels: readonly string[];
  value: Draft;
  change: <K extends keyof Draft>(name: K, value: Draft[K]) => void;
  readOnly: boolean;
  /** The campaign, for limits of its own. */
  campaignKey: string;
}

const SHOWN = 100;

export function AccountsStep({ channels, value, change, readOnly, campaignKey }: AccountsStepProps) {
  const accounts = useQuery({ queryKey: ["accounts", "all"], queryFn: readAllAccounts, staleTime: 15_000 });
  const [words, setWords] = useState("");
  if (accounts.isError) return <ProblemNotice error={accounts.error} onRetry={() => void accounts.refetch()} />;
  const all = (accounts.data ?? []).filter((one) => channels.includes(one.channel));
  const byNumber = channels[0] === "whatsapp";
  if (accounts.data && all.length === 0) {
    return (
      <EmptyState icon={byNumber ? "phone" : "account"} title={byNumber ? "There is no number to send with yet" : "There is no account to send with yet"} action={<Button component={Link} to={byNumber ? "/accounts/new?channel=whatsapp" : "/accounts/new"}>{byNumber ? "Add a number" : "Add an account"}</Button>}>
        {byNumber ? "A number is registered with the WhatsApp Cloud API." : "An account is a login at a mail server."} Each one sends at exactly the pace that its provider allows.
      </EmptyState>
    );
  }
  const found = all.filter((one) => `${one.name} ${one.host} ${one.username} ${one.tags.join(" ")}`.toLowerCase().includes(words.toLowerCase()));
  const chosen = new Set(value.accounts);
  const toggle = (ids: string[], on: boolean) => change("accounts", on ? [...new Set([...value.accounts, ...ids])] : value.accounts.filter((id) => !ids.includes(id)));
  return (
    <Stack maw="52rem">
      <Group justify="space-between">
        <Text role="status">{plural(chosen.size, "account")} of {count(all.length)} chosen: each has a worker of its own, and they share the messages.</Text>
        {!readOnly && <Button size="xs" variant="default" onClick={() => toggle(found.map((one) => one.id), true)}>Choose {words ? "all that were found" : "all"}</Button>}
      </Group>
      {all.length > 10 && <TextInput aria-label="Find accounts" placeholder="Find by name, server, user or tag" value={words} onChange={(event) => setWords(event.currentTarget.value)} />}
      <Stack gap={0} className="surface" component="ul" m={0} p={0}>
        {found.slice(0, SHOWN).map((account) => <Choice key={account.id} account={account} checked={chosen.has(account.id)} disabled={readOnly} onChange={(on) => toggle([account.id], on)} />)}
      </Stack>
      {found.length > SHOWN && <Text size="sm" c="dimmed">{count(found.length - SHOWN)} more: find them by name, server or tag.</Text>}
      <Anchor component={Link} to="/accounts/new" size="sm">Add another account</Anchor>
      <PaceCard value={value} change={change} readOnly={readOnly} />
      <WindowCard value={value.window} onChange={(window) => change("window", window)} readOnly={readOnly} ratePerMinute={value.rate_per_minute} />
      <CampaignLimits campaignKey={campaignKey} />
    </Stack>
  );
}

function Choice({ account, checked, disabled, onChange }: { account: Account; checked: boolean; disabled: boolean; onChange: (on: boolean) => void }) {
  const limits = [account.hourly_limit && `${count(account.hourly_limit)} an hour`, account.daily_limit && `${count(account.daily_limit)} a day`, account.rate_per_minute && `${count(account.rate_per_minute)} a minute`].filter(Boolean);
  return (
    <Group component="li" px="md" py="xs" gap="sm" wrap="nowrap" className="row-line">
      <Checkbox checked={checked} disabled={disabled} onChange={(event) => onChange(event.currentTarget.checked)} label={account.name} description={`${account.whatsapp ? `number ${account.whatsapp.display_number || account.whatsapp.phone_number_id}` : `${account.username || "no login"} at ${account.host}`}; ${limits.join(", ") || "no limits"}`} className="grow" />
      {account.tags.slice(0, 2).map((tag) => <Badge key={tag} variant="outline" color="gray" tt="none" visibleFrom="sm">{tag}</Badge>)}
      <StateBadge state={account.state} size="sm" />
    </Group>
  );
}
