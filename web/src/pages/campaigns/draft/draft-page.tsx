// A campaign before its start, in four steps: the message, the audience, the accounts, and the last look.
import { Alert, Button, Group, Modal, Stack, Tabs, Text } from "@mantine/core";
import { useCallback, useEffect, useRef, useState } from "react";
import { useBlocker, useSearchParams } from "react-router";

import { ProblemError } from "../../../api/problem";
import { useMay } from "../../../api/session";
import { fullMoment } from "../../../shared/format";
import { Icon } from "../../../shared/icons";
import { EMPTY_CONTENT, type EditedContent } from "../../../shared/message/content";
import { MessageEditor } from "../../../shared/message/message-editor";
import { PageHeader } from "../../../shared/page-header";
import { ProblemNotice } from "../../../shared/problem-notice";
import { StateBadge } from "../../../shared/state-badge";
import { useChangeCampaign, type Campaign, type CampaignChange } from "../campaign-calls";
import { AccountsStep } from "./accounts-step";
import { AudienceStep } from "./audience-step";
import { DraftMenu } from "./draft-menu";
import { SendStep } from "./send-step";
import { DefaultCountry } from "./whatsapp/default-country";
import { FallbackCard } from "./whatsapp/fallback-card";
import type { CampaignTemplate } from "./whatsapp/template-parameters";
import { TemplatesStep } from "./whatsapp/templates-step";
import { windowToSave, type SendingWindow } from "./window-card";

const STEPS = [
  { value: "message", label: "Message" },
  { value: "audience", label: "Audience" },
  { value: "accounts", label: "Accounts" },
  { value: "send", label: "Check and send" },
] as const;
type Step = (typeof STEPS)[number]["value"];

/** What is being changed, until it is saved. */
export interface Draft {
  content: EditedContent;
  /** Of the WhatsApp part. */
  templates: CampaignTemplate[];
  /** The channel that takes over; "" for none. */
  fallback: Campaign["fallback"];
  default_country: string;
  audience: NonNullable<Campaign["audience"]>;
  accounts: string[];
  rate_per_minute: number;
  weight: number;
  account_choice: NonNullable<CampaignChange["account_choice"]>;
  window: SendingWindow | null;
}

function draftOf(campaign: Campaign): Draft {
  return {
    content: { ...EMPTY_CONTENT, ...campaign.content } as EditedContent,
    templates: campaign.templates.map((one) => ({ ...one, share: one.share ?? null, where: one.where ?? null, parameters: one.parameters ?? {} })),
    fallback: campaign.fallback,
    default_country: campaign.default_country,
    audience: campaign.audience ?? { lists: [], segment: null, exclude_lists: [], exclude_segment: null },
    accounts: campaign.accounts,
    rate_per_minute: campaign.rate_per_minute,
    weight: campaign.weight,
    account_choice: campaign.account_choice as Draft["account_choice"],
    window: campaign.window,
  };
}

export function DraftPage({ campaign }: { campaign: Campaign }) {
  const may = useMay();
  const [parameters, setParameters] = useSearchParams();
  const step = (parameters.get("step") ?? "message") as Step;
  const [draft, setDraft] = useState(() => draftOf(campaign));
  const [changed, setChanged] = useState<ReadonlySet<keyof Draft>>(new Set());
  const save = useChangeCampaign(campaign.id);
  const readOnly = campaign.status !== "draft" || !may("campaigns:write");
  const change = <K extends keyof Draft>(name: K, value: Draft[K]) => {
    setDraft((before) => ({ ...before, [name]: value }));
    setChanged((before) => new Set([...before, name]));
  };
  const saveNow = useCallback(async () => {
    if (changed.size === 0) return;
    const body = Object.fromEntries([...changed].map((name) => [name, name === "window" ? windowToSave(draft.window) : draft[name]])) as CampaignChange;
    await save.mutateAsync(body);
    setChanged(new Set());
  }, [changed, draft, save]);
  const goTo = (next: string | null) => {
    void saveNow().then(() => setParameters(next === "message" || !next ? {} : { step: next }), () => undefined);
  };
  useSaveKeys(saveNow);
  const tabs = useStepFocus(step);
  const problems = save.error instanceof ProblemError ? save.error.errors : [];
  const byNumber = campaign.channel === "whatsapp";
  const next = STEPS[STEPS.findIndex((one) => one.value === step) + 1];
  return (
    <>
      <PageHeader title={campaign.name} back={{ to: "/campaigns", label: "Campaigns" }} aside={<StateBadge state={campaign.status} />}
        actions={<><SaveState dirty={changed.size > 0} saving={save.isPending} readOnly={readOnly} onSave={() => void saveNow().catch(() => undefined)} /><DraftMenu campaign={campaign} /></>} />
      <Stack>
        {campaign.status === "scheduled" && campaign.starts_at && (
          <Alert color="violet" variant="light" icon={<Icon name="clock" />} title="It starts by itself">
            {fullMoment(campaign.starts_at)}, in your time zone. To change it, take the moment back under “Check and send”.
          </Alert>
        )}
        <ProblemNotice error={save.error} title="It was not saved" />
        <Tabs value={step} onChange={goTo} keepMounted={false}>
          <Tabs.List mb="md" ref={tabs}>
            {STEPS.map((one, index) => <Tabs.Tab key={one.value} value={one.value}>{index + 1}. {byNumber && one.value === "message" ? "Templates" : one.label}</Tabs.Tab>)}
          </Tabs.List>
          <Tabs.Panel value="message">
            {byNumber
              ? <TemplatesStep country={draft.default_country} value={draft.templates} onChange={(templates) => change("templates", templates)} readOnly={readOnly} problems={problems} />
              : <MessageEditor value={draft.content} onChange={(content) => change("content", content)} readOnly={readOnly} problems={problems} fromHint="May stay empty where accounts have their own." />}
            <FallbackCard channel={campaign.channel} draft={draft} change={change} readOnly={readOnly} problems={problems} />
          </Tabs.Panel>
          <Tabs.Panel value="audience"><AudienceStep value={draft.audience} onChange={(audience) => change("audience", audience)} readOnly={readOnly} campaignId={campaign.id} saved={changed.size === 0} save={saveNow} />{(byNumber || draft.fallback === "whatsapp") && <DefaultCountry value={draft.default_country} onChange={(country) => change("default_country", country)} readOnly={readOnly} />}</Tabs.Panel>
          <Tabs.Panel value="accounts"><AccountsStep channels={[campaign.channel, draft.fallback]} value={draft} change={change} readOnly={readOnly} campaignKey={campaign.key} /></Tabs.Panel>
          <Tabs.Panel value="send"><SendStep campaign={campaign} goTo={goTo} /></Tabs.Panel>
        </Tabs>
        {next && <Group justify="flex-end"><Button loading={save.isPending} rightSection={<Icon name="forward" size={16} />} onClick={() => goTo(next.value)}>{readOnly ? next.label : `Save, then: ${next.label.toLowerCase()}`}</Button></Group>}
      </Stack>
      <LeaveQuestion dirty={changed.size > 0} save={saveNow} />
    </>
  );
}

function SaveState({ dirty, saving, readOnly, onSave }: { dirty: boolean; saving: boolean; readOnly: boolean; onSave: () => void }) {
  if (readOnly) return null;
  return (
    <Group gap="xs">
      <Text size="sm" c="dimmed" role="status">{dirty ? "Not saved yet" : "Saved"}</Text>
      <Button variant="default" size="sm" disabled={!dirty} loading={saving} onClick={onSave}>Save</Button>
    </Group>
  );
}

/** Another step begins at its tab, whichever button led there, and not at the end of the page. */
function useStepFocus(step: Step) {
  const tabs = useRef<HTMLDivElement>(null);
  const shown = useRef(step);
  useEffect(() => {
    if (shown.current === step) return;
    shown.current = step;
    tabs.current?.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
  }, [step]);
  return tabs;
}

/** Ctrl+S and ⌘S save, as everywhere. */
function useSaveKeys(save: () => Promise<void>) {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "s") {
        event.preventDefault();
        void save().catch(() => undefined);
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [save]);
}

/** Before what was written would be lost. */
function LeaveQuestion({ dirty, save }: { dirty: boolean; save: () => Promise<void> }) {
  const blocker = useBlocker(({ currentLocation, nextLocation }) => dirty && currentLocation.pathname !== nextLocation.pathname);
  useEffect(() => {
    const closing = (event: BeforeUnloadEvent) => dirty && event.preventDefault();
    window.addEventListener("beforeunload", closing);
    return () => window.removeEventListener("beforeunload", closing);
  }, [dirty]);
  return (
    <Modal opened={blocker.state === "blocked"} onClose={() => blocker.reset?.()} title="There are changes that are not saved" closeButtonProps={{ "aria-label": "Stay here" }}>
      <Group justify="flex-end">
        <Button variant="default" onClick={() => blocker.proceed?.()}>Leave without them</Button>
        <Button onClick={() => void save().then(() => blocker.proceed?.(), () => blocker.reset?.())}>Save and leave</Button>
      </Group>
    </Modal>
  );
}
