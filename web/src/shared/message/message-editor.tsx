// The editor of a message: its fields on one side, what somebody will see on the other.
import { Alert, Box, Button, Group, Input, Loader, Menu, Select, SegmentedControl, SimpleGrid, Stack, Tabs, Text, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useRef, useState } from "react";

import { answer, api } from "../../api/client";
import type { FieldProblem } from "../../api/problem";
import { useMay } from "../../api/session";
import { bytes } from "../format";
import { Icon } from "../icons";
import { ProblemNotice, upperFirst } from "../problem-notice";
import { AttachmentsField } from "./attachments-field";
import { isOfBlocks } from "./blocks/blocks";
import type { CursorListener } from "./blocks/cursor";
import { BodyLanguage, LANGUAGES, type Language } from "./body-language";
import { placeholder, useFieldNames, type EditedContent } from "./content";
import { PreviewFrame } from "./preview-frame";

const BlockEditor = lazy(() => import("./blocks/block-editor"));

interface MessageEditorProps {
  value: EditedContent;
  onChange: (value: EditedContent) => void;
  readOnly?: boolean;
  /** Problems that the API has found, beside the fields they are about. */
  problems?: readonly FieldProblem[];
  /** Where From may stay empty, because accounts bring their own. */
  fromHint?: string;
}

type TextField = "from" | "reply_to" | "subject" | "preheader" | "mjml" | "html" | "text";
/** Where a field of the contact can go. */
type Cursor = TextField | "block";

/** Nothing is saved here: `onChange` gets every change. */
export function MessageEditor({ value, onChange, readOnly = false, problems = [], fromHint }: MessageEditorProps) {
  const inputs = useRef<Partial<Record<TextField, HTMLInputElement | HTMLTextAreaElement | null>>>({});
  const insertIntoBlock = useRef<((words: string) => void) | null>(null);
  const [language, setLanguage] = useState<Language>(() => (value.mjml === "" ? "html" : !readOnly && isOfBlocks(value.mjml) ? "blocks" : "mjml"));
  const [last, setLast] = useState<Cursor>(language === "blocks" ? "subject" : language);
  const onCursor = useCallback<CursorListener>((insert) => {
    insertIntoBlock.current = insert;
    setLast((before) => (insert ? "block" : before === "block" ? "subject" : before));
  }, []);
  const problemOf = (field: TextField) => problems.find((one) => one.field === `content.${field}` || one.field === field)?.message;
  const set = (field: TextField, text: string) => onChange({ ...value, ...(field === "mjml" && text === "" && { html: "" }), [field]: field === "text" && text === "" ? null : text });
  const insert = (name: string) => {
    if (last === "block") return insertIntoBlock.current?.(placeholder(name));
    const input = inputs.current[last];
    const text = value[last] ?? "";
    const [from, to] = [input?.selectionStart ?? text.length, input?.selectionEnd ?? text.length];
    set(last, text.slice(0, from) + placeholder(name) + text.slice(to));
    input?.focus();
  };
  const field = (name: TextField) => ({
    value: value[name] ?? "",
    onChange: (event: { currentTarget: { value: string } }) => set(name, event.currentTarget.value),
    onFocus: () => setLast(name),
    ref: (element: HTMLInputElement | HTMLTextAreaElement | null) => void (inputs.current[name] = element),
    readOnly,
    error: problemOf(name) ? upperFirst(problemOf(name) ?? "") : undefined,
  });
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      <Stack miw={0}>
        <TextInput label="From" placeholder="Café Lee <news@example.com>" description={fromHint} {...field("from")} />
        <TextInput label="Reply to" placeholder="The same as From" {...field("reply_to")} />
        <TextInput label="Subject" required {...field("subject")} />
        <TextInput label="Preheader" description="What inboxes show behind the subject. Left empty, they show how the message begins." {...field("preheader")} />
        {!readOnly && <VariablesMenu onPick={insert} into={last} />}
        <Tabs defaultValue="html" keepMounted={false}>
          <Tabs.List mb="xs">
            <Tabs.Tab value="html">{LANGUAGES[language]}</Tabs.Tab>
            <Tabs.Tab value="text">Plain text</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="html">
            <BodyLanguage value={value} language={language} readOnly={readOnly} onChange={(changed, now) => { onChange(changed); setLanguage(now); setLast(now === "blocks" ? "subject" : now); }} />
            {language === "blocks" && (
              <>
                <Suspense fallback={<Loader role="status" aria-label="The blocks are being loaded" />}><BlockEditor mjml={value.mjml} onChange={(mjml) => set("mjml", mjml)} onCursor={onCursor} /></Suspense>
                {problemOf("mjml") && <Input.Error mt="xs" role="alert">{upperFirst(problemOf("mjml") ?? "")}</Input.Error>}
              </>
            )}
            {language === "mjml" && <Textarea aria-label="MJML of the message" autosize minRows={14} maxRows={28} spellCheck={false} classNames={{ input: "code-input" }} {...field("mjml")} />}
            {language === "html" && <Textarea aria-label="HTML of the message" autosize minRows={14} maxRows={28} spellCheck={false} classNames={{ input: "code-input" }}
              placeholder={"<p>Hello {{ contact.first_name }},</p>"} {...field("html")} />}
          </Tabs.Panel>
          <Tabs.Panel value="text">
            <Textarea aria-label="Plain text of the message" description="Left empty, it is made from the HTML." autosize minRows={14} maxRows={28} classNames={{ input: "code-input" }} {...field("text")} />
          </Tabs.Panel>
        </Tabs>
        <AttachmentsField value={value.attachments ?? []} onChange={(attachments) => onChange({ ...value, attachments })} readOnly={readOnly} error={problems.find((one) => one.field === "content.attachments")?.message} />
      </Stack>
      <LivePreview content={value} />
    </SimpleGrid>
  );
}

const WHERE: Record<Cursor, string> = { block: "the block", from: "From", reply_to: "Reply to", subject: "the subject", preheader: "the preheader", mjml: "the MJML", html: "the HTML", text: "the plain text" };

function VariablesMenu({ onPick, into }: { onPick: (name: string) => void; into: Cursor }) {
  const may = useMay();
  const names = useFieldNames(may("contacts:read"));
  return (
    <Group gap="xs">
      <Menu position="bottom-start" width={280}>
        <Menu.Target>
          <Button variant="default" size="xs" leftSection={<Icon name="plus" size={14} />}>Insert a field of the contact</Button>
        </Menu.Target>
        <Menu.Dropdown mah={320} className="scroll-y">
          <Menu.Label>Goes into {WHERE[into]}, where the cursor is</Menu.Label>
          {names.map((name) => <Menu.Item key={name} onClick={() => onPick(name)}><code>{name}</code></Menu.Item>)}
        </Menu.Dropdown>
      </Menu>
      <Text size="xs" c="dimmed">A field that somebody lacks: <code>{"{{ contact.x | default('friend', true) }}"}</code></Text>
    </Group>
  );
}

/** How inboxes name a sender: "Café Lee" of "Café Lee <news@example.com>". */
const senderName = (from: string) => /^\s*"?([^"<]*?)"?\s*</.exec(from)?.[1] || from || "Sender";

const SCREENS = { desktop: 680, phone: 360 } as const;

/** The message as the chosen contact will see it, a moment after every change. */
function LivePreview({ content }: { content: EditedContent }) {
  const may = useMay();
  const [screen, setScreen] = useState<keyof typeof SCREENS>("desktop");
  const [contact, setContact] = useState<string | null>(null);
  const [settled] = useDebouncedValue(content, 400);
  const reads = may("contacts:read");
  const people = useQuery({
    queryKey: ["contacts", "preview-choice"],
    queryFn: () => answer(api.GET("/api/v1/contacts", { params: { query: { limit: 50 } } })),
    enabled: reads,
    staleTime: 60_000,
  });
  const chosen = contact ?? people.data?.items[0]?.id ?? null;
  const shown = useQuery({
    queryKey: ["preview", settled, chosen],
    queryFn: () => answer(api.POST("/api/v1/templates/preview", { body: { content: settled, contact_id: chosen, fields: {} } })),
    enabled: !reads || !people.isPending,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 60_000,
  });
  const preview = shown.data;
  return (
    <Stack miw={0} gap="xs" component="section" aria-label="Preview">
      <Group justify="space-between" gap="xs" align="flex-end">
        <Select label="Seen by" size="xs" searchable allowDeselect={false} value={chosen} onChange={setContact} disabled={!people.data?.items.length} maw={260}
          placeholder="An example contact" data={(people.data?.items ?? []).map((one) => ({ value: one.id, label: one.email ?? one.phone ?? one.id }))} />
        <SegmentedControl size="xs" aria-label="Width of the preview" value={screen} onChange={(value) => setScreen(value as keyof typeof SCREENS)}
          data={[{ value: "desktop", label: "Desktop" }, { value: "phone", label: "Phone" }]} />
      </Group>
      <ProblemNotice error={shown.error} title="The preview could not be made" />
      {preview && preview.problems.length > 0 && (
        <Alert color="yellow" variant="light" title="It cannot be shown like this yet" icon={<Icon name="alert" />}>
          {preview.problems.map((one, index) => <Text key={index} size="sm" inherit>{one.field && <b>{one.field}: </b>}{one.message}</Text>)}
        </Alert>
      )}
      {preview && preview.problems.length === 0 && (
        <Box className="surface mail" data-screen={screen}>
          <Box p="sm" className="mail-head" role="group" aria-label="In the inbox">
            <Text size="sm" className="truncate">
              <Text span fw={600} inherit>{senderName(settled.from)}</Text> {preview.subject} <Text span inherit c="dimmed">– {preview.inbox_line || "nothing else"}</Text>
            </Text>
          </Box>
          <Box p="sm" className="mail-head">
            <Text size="xs" c="dimmed" className="truncate">To {preview.address}</Text>
            <Text fw={600} className="mail-subject">{preview.subject}</Text>
          </Box>
          {preview.html !== null ? (
            <PreviewFrame html={preview.html} width={SCREENS[screen]} height={460} title="The message" />
          ) : (
            <pre className="mail-text" tabIndex={0}>{preview.text}</pre>
          )}
          <Text size="xs" c="dimmed" p="xs">{bytes(preview.size)}. Pictures from elsewhere are not loaded here.</Text>
        </Box>
      )}
    </Stack>
  );
}
