// The other channel, for those whom the first one cannot reach: whether there is one, and what it says.
import { Card, Stack, Switch, Text, Title } from "@mantine/core";

import type { FieldProblem } from "../../../../api/problem";
import { MessageEditor } from "../../../../shared/message/message-editor";
import type { Draft } from "../draft-page";
import { TemplatesStep } from "./templates-step";

interface FallbackCardProps {
  channel: string;
  draft: Draft;
  change: <K extends keyof Draft>(name: K, value: Draft[K]) => void;
  readOnly: boolean;
  problems: readonly FieldProblem[];
}

const WORDS = {
  email: { title: "WhatsApp for those whom mail cannot reach", hint: "Who has a number, and whose address is refused for good, gets a template instead. Choose numbers beside the accounts." },
  whatsapp: { title: "E-mail for those who are not on WhatsApp", hint: "Whom WhatsApp cannot reach for a reason of their own gets a mail, at most one message on each channel. Choose e-mail accounts beside the numbers." },
} as const;

export function FallbackCard({ channel, draft, change, readOnly, problems }: FallbackCardProps) {
  const other = channel === "whatsapp" ? "email" : "whatsapp";
  const words = WORDS[channel === "whatsapp" ? "whatsapp" : "email"];
  return (
    <Card withBorder className="surface" component="section" aria-label="The other channel" mt="lg">
      <Stack>
        <Switch checked={draft.fallback !== ""} disabled={readOnly} onChange={(event) => change("fallback", event.currentTarget.checked ? other : "")} label={<Title order={2} size="h4">{words.title}</Title>} />
        <Text size="sm" c="dimmed">{words.hint}</Text>
        {draft.fallback === "email" && <MessageEditor value={draft.content} onChange={(content) => change("content", content)} readOnly={readOnly} problems={problems} fromHint="May stay empty where accounts have their own." />}
        {draft.fallback === "whatsapp" && <TemplatesStep country={draft.default_country} value={draft.templates} onChange={(templates) => change("templates", templates)} readOnly={readOnly} problems={problems} />}
      </Stack>
    </Card>
  );
}
