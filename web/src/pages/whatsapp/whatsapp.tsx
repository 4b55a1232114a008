// WhatsApp as the provider sees it: the numbers with their quality and limit, and the templates that may be sent.
import { Alert, Anchor, Button, Group, List, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";

import { useMay } from "../../api/session";
import { LoadingRows, RowsTable, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { count, plural } from "../../shared/format";
import { Icon } from "../../shared/icons";
import { Moment } from "../../shared/moment";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice, upperFirst } from "../../shared/problem-notice";
import { QualityBadge } from "./quality-badge";
import { TemplateBubble } from "./template-bubble";
import { keyOf, useAskProvider, useNumbers, useProviderTemplates, type ListedTemplate, type Numbers } from "./whatsapp-calls";

type KnownNumber = Numbers["items"][number];

export function WhatsApp() {
  const may = useMay();
  const writes = may("accounts:write");
  const numbers = useNumbers();
  const ask = useAskProvider();
  const none = numbers.data?.items.length === 0;
  return (
    <>
      <PageHeader title="WhatsApp" description="What the provider says of your numbers and templates. It is asked before every campaign, and every quarter of an hour."
        actions={writes && (
          <>
            {!none && <Button variant="default" leftSection={<Icon name="refresh" size={16} />} loading={ask.isPending} onClick={() => ask.mutate()}>Ask the provider now</Button>}
            <Button component={Link} to="/accounts/new?channel=whatsapp" leftSection={<Icon name="plus" size={16} />}>Add a number</Button>
          </>
        )} />
      <Stack gap="lg">
        <ProblemNotice error={numbers.error ?? ask.error} onRetry={() => void numbers.refetch()} />
        <Said readings={ask.data} />
        {numbers.isPending && <LoadingRows rows={3} />}
        {none && (
          <EmptyState icon="phone" title="No number yet" action={writes && <Button component={Link} to="/accounts/new?channel=whatsapp">Add a number</Button>}>
            A number is registered with the WhatsApp Cloud API and sends templates that the provider has approved. The simulator in “paceline sandbox” lets you try it without sending.
          </EmptyState>
        )}
        {numbers.data && !none && (
          <section aria-labelledby="numbers">
            <Title order={2} id="numbers" mb="sm">Numbers</Title>
            <RowsTable caption="Numbers" rows={numbers.data.items} columns={NUMBERS} keyOf={(one) => one.phone_number_id} />
            <Text size="sm" c="dimmed" mt="xs">All of them together have sent {plural(numbers.data.used_in_24_hours, "message")} in the last 24 hours; the provider's limit is shared.</Text>
          </section>
        )}
        {!none && <Templates />}
      </Stack>
    </>
  );
}

const NUMBERS: Column<KnownNumber>[] = [
  { label: "Name", render: (one) => <><Text fw={600} size="sm">{one.name}</Text><Text size="xs" c="dimmed">{one.phone_number_id}</Text></> },
  { label: "Status", render: (one) => <QualityBadge value={one.status} /> },
  { label: "Quality", render: (one) => <QualityBadge value={one.quality} /> },
  { label: "People in 24 hours", render: (one) => (one.messaging_limit === null ? "not known" : one.messaging_limit < 0 ? "any number" : count(one.messaging_limit)), numeric: true },
  { label: "Last message from somebody", render: (one) => <Moment size="sm" at={one.inbound_at} as="relative" /> },
  { label: "Asked", render: (one) => <Moment size="sm" at={one.checked_at} as="relative" /> },
];

/** What the provider has just answered. */
function Said({ readings }: { readings: { name: string; status: string | null; quality: string | null; templates: number | null; trouble: string | null }[] | undefined }) {
  if (!readings) return null;
  const trouble = readings.filter((one) => one.trouble);
  return (
    <Alert color={trouble.length ? "red" : "teal"} variant="light" role="status" icon={<Icon name={trouble.length ? "alert" : "check"} />} title={trouble.length ? `${plural(trouble.length, "number")} in trouble` : "The provider has answered"}>
      <List size="sm">
        {readings.map((one) => <List.Item key={one.name}>{one.name}: {one.trouble ? upperFirst(one.trouble) : `${one.status?.toLowerCase()}, quality ${one.quality?.toLowerCase() || "not known"}, ${one.templates === null ? "its business account is not known, so its templates are not either" : plural(one.templates, "template")}`}</List.Item>)}
      </List>
    </Alert>
  );
}

function Templates() {
  const templates = useProviderTemplates();
  const [words, setWords] = useState("");
  if (templates.isPending) return <LoadingRows rows={3} />;
  if (templates.isError) return <ProblemNotice error={templates.error} onRetry={() => void templates.refetch()} />;
  const found = templates.data.filter((one) => keyOf(one).toLowerCase().includes(words.toLowerCase()));
  return (
    <section aria-labelledby="templates">
      <Group justify="space-between" mb="sm">
        <Title order={2} id="templates">Templates <Text component="span" c="dimmed" fw={400} className="figures">{count(templates.data.length)}</Text></Title>
        {templates.data.length > 6 && <TextInput size="xs" aria-label="Find templates" placeholder="Find by name" value={words} onChange={(event) => setWords(event.currentTarget.value)} />}
      </Group>
      {templates.data.length === 0 && (
        <EmptyState icon="template" title="No template is known">
          They are written and approved in the provider's <Anchor inherit href="https://business.facebook.com/wa/manage/message-templates/" rel="noreferrer" target="_blank">WhatsApp Manager</Anchor>. Paceline reads them once a number has the id of its business account.
        </EmptyState>
      )}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>{found.map((one) => <TemplateCard key={`${one.business_account} ${keyOf(one)}`} template={one} />)}</SimpleGrid>
    </section>
  );
}

function TemplateCard({ template }: { template: ListedTemplate }) {
  return (
    <article className="surface panel" aria-label={keyOf(template)}>
      <Text fw={600} className="reply">{template.name}</Text>
      <Group gap="xs" my={6}>
        <Text size="xs" c="dimmed">{template.language}, {template.category.toLowerCase() || "no category"}</Text>
        <QualityBadge value={template.status} />
        {template.quality && <Group gap={4}><Text size="xs" c="dimmed">Quality</Text><QualityBadge value={template.quality} /></Group>}
      </Group>
      {template.stopped && <Text size="sm" c="red" mb={6}>Not sent now: {template.stopped}.{template.until && <> Until <Moment at={template.until} />.</>}</Text>}
      <TemplateBubble components={template.components} label={`Preview of ${keyOf(template)}`} />
    </article>
  );
}
