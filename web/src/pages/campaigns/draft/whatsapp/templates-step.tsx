// What a WhatsApp campaign says: its templates, who gets which, what fills them in, and how that looks on somebody's telephone.
import { ActionIcon, Alert, Anchor, Button, Card, Group, NumberInput, SegmentedControl, Select, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";

import type { FieldProblem } from "../../../../api/problem";
import { useMay } from "../../../../api/session";
import { LoadingRows } from "../../../../shared/data-table";
import { EmptyState } from "../../../../shared/empty-state";
import { Icon } from "../../../../shared/icons";
import { useFieldNames } from "../../../../shared/message/content";
import { ProblemNotice, upperFirst } from "../../../../shared/problem-notice";
import { QualityBadge } from "../../../whatsapp/quality-badge";
import { keyOf, useAskProvider, useProviderTemplates, type ListedTemplate } from "../../../whatsapp/whatsapp-calls";
import { ParameterFields } from "./parameter-fields";
import { campaignTemplateOf, missingIn, type CampaignTemplate } from "./template-parameters";
import { TemplatePreview } from "./template-preview";

interface TemplatesStepProps {
  value: CampaignTemplate[];
  onChange: (templates: CampaignTemplate[]) => void;
  readOnly: boolean;
  problems: readonly FieldProblem[];
  /** Of numbers without a country code. */
  country?: string;
}

export function TemplatesStep({ value, onChange, readOnly, problems, country = "" }: TemplatesStepProps) {
  const listed = useProviderTemplates();
  const ask = useAskProvider();
  if (listed.isPending) return <LoadingRows rows={4} />;
  if (listed.isError) return <ProblemNotice error={listed.error} onRetry={() => void listed.refetch()} />;
  const known = new Map(listed.data.map((one) => [keyOf(one), one]));
  if (known.size === 0 && value.length === 0) {
    return (
      <EmptyState icon="template" title="No template of the provider is known yet" action={<Group><Button variant="default" loading={ask.isPending} onClick={() => ask.mutate()}>Ask the provider now</Button><Button component={Link} to="/accounts/new?channel=whatsapp">Add a number</Button></Group>}>
        WhatsApp sends only templates that it has approved. They are read from the business account of your numbers.
      </EmptyState>
    );
  }
  const set = (place: number, change: Partial<CampaignTemplate>) => onChange(value.map((one, at) => (at === place ? { ...one, ...change } : one)));
  const free = listed.data.filter((one) => !value.some((chosen) => keyOf(chosen) === keyOf(one)));
  return (
    <Stack>
      {value.length === 0 && <Text c="dimmed">Choose the template that people get. Several share the contacts, and go one after the other; nobody gets two.</Text>}
      {value.map((template, place) => (
        <TemplateCard key={keyOf(template)} template={template} listed={known.get(keyOf(template))} several={value.length > 1} readOnly={readOnly} place={place} country={country}
          problems={problems.filter((one) => one.field.startsWith(`templates[${place + 1}]`))} onChange={(change) => set(place, change)} onRemove={() => onChange(value.filter((_, at) => at !== place))} />
      ))}
      <SharesNotice templates={value} onEqual={() => onChange(value.map((one) => ({ ...one, share: null })))} />
      {!readOnly && free.length > 0 && (
        <Select label={value.length === 0 ? "Template" : "Add another template"} searchable placeholder="Find by name" value={null} maw={420}
          data={free.map((one) => ({ value: keyOf(one), label: `${one.name} (${one.language})${one.status === "APPROVED" ? "" : `, ${one.status.toLowerCase()}`}` }))}
          onChange={(key) => {
            const chosen = key === null ? undefined : known.get(key);
            if (chosen) onChange([...value.map((one) => ({ ...one, share: null })), campaignTemplateOf(chosen)]);
          }} />
      )}
    </Stack>
  );
}

interface TemplateCardProps {
  template: CampaignTemplate;
  listed: ListedTemplate | undefined;
  several: boolean;
  readOnly: boolean;
  place: number;
  country: string;
  problems: readonly FieldProblem[];
  onChange: (change: Partial<CampaignTemplate>) => void;
  onRemove: () => void;
}

function TemplateCard({ template, listed, several, readOnly, place, country, problems, onChange, onRemove }: TemplateCardProps) {
  const missing = listed ? missingIn(template, listed) : [];
  return (
    <Card withBorder className="surface" component="section" aria-label={keyOf(template)}>
      <Group justify="space-between" wrap="nowrap" mb="sm">
        <Group gap="xs">
          <Title order={2} className="reply">{several ? `${place + 1}. ` : ""}{template.name}</Title>
          <Text size="sm" c="dimmed">{template.language}{listed ? `, ${listed.category.toLowerCase()}` : ""}</Text>
          {listed && <QualityBadge value={listed.status} />}
        </Group>
        {!readOnly && <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${template.name}`} onClick={onRemove}><Icon name="trash" size={16} /></ActionIcon>}
      </Group>
      {!listed && <Alert color="red" variant="light" mb="sm" title="The provider's list does not have it">It cannot be sent until it is there and approved. Ask the provider again under <Anchor component={Link} inherit to="/whatsapp">WhatsApp</Anchor>, or remove it.</Alert>}
      {listed && listed.status !== "APPROVED" && <Alert color="red" variant="light" mb="sm" title={`The provider says ${listed.status.toLowerCase()}`}>Only approved templates can be sent.{listed.stopped ? ` ${upperFirst(listed.stopped)}.` : ""}</Alert>}
      {problems.map((one, index) => <Alert key={index} color="red" variant="light" mb="sm" role="alert">{upperFirst(one.message)}</Alert>)}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Stack miw={0}>
          {listed && <ParameterFields template={template} listed={listed} readOnly={readOnly} onChange={(parameters) => onChange({ parameters })} />}
          {missing.length > 0 && <Text size="sm" c="dimmed" role="status">Still empty: {missing.join(", ")}. WhatsApp takes no empty text.</Text>}
          {several && <WhoGetsIt template={template} readOnly={readOnly} onChange={onChange} />}
        </Stack>
        {listed && <TemplatePreview template={template} listed={listed} complete={missing.length === 0} country={country} />}
      </SimpleGrid>
    </Card>
  );
}

type Who = "equal" | "share" | "where";

/** An equal part, a share of one's own, or those who fit. */
function WhoGetsIt({ template, readOnly, onChange }: { template: CampaignTemplate; readOnly: boolean; onChange: (change: Partial<CampaignTemplate>) => void }) {
  const names = useFieldNames(useMay()("contacts:read"));
  const [chosen, setChosen] = useState<Who | null>(null);
  const who: Who = chosen ?? (template.where ? "where" : template.share === null ? "equal" : "share");
  const choose = (next: string) => {
    setChosen(next as Who);
    onChange({ share: next === "share" ? (template.share ?? 0.5) : null, where: next === "where" ? (template.where ?? { field: names[0] ?? "city", equals: "" }) : null });
  };
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>Who gets it</Text>
      <SegmentedControl aria-label={`Who gets ${template.name}`} className="segments" size="xs" value={who} onChange={choose} disabled={readOnly}
        data={[{ value: "equal", label: "An equal part" }, { value: "share", label: "A share" }, { value: "where", label: "Those who fit" }]} />
      {who === "share" && (
        <NumberInput label="Percent of the contacts" min={1} max={100} suffix=" %" value={Math.round((template.share ?? 0) * 1000) / 10} disabled={readOnly} maw={180}
          onChange={(percent) => onChange({ share: (Number(percent) || 0) / 100 })} />
      )}
      {who === "where" && template.where && (
        <Group gap="xs" align="flex-end" grow>
          <Select label="Field" searchable data={[...new Set([...names, template.where.field])]} value={template.where.field} allowDeselect={false} disabled={readOnly}
            onChange={(field) => onChange({ where: { field: field ?? "", equals: template.where?.equals ?? "" } })} />
          <TextInput label="is" value={template.where.equals} disabled={readOnly} onChange={(event) => onChange({ where: { field: template.where?.field ?? "", equals: event.currentTarget.value } })} />
        </Group>
      )}
    </Stack>
  );
}

/** Shares have to be everybody together. */
function SharesNotice({ templates, onEqual }: { templates: readonly CampaignTemplate[]; onEqual: () => void }) {
  const shared = templates.filter((one) => !one.where);
  const own = shared.filter((one) => one.share !== null);
  const sum = own.reduce((all, one) => all + (one.share ?? 0), 0);
  const fits = own.length === 0 || (own.length === shared.length && Math.abs(sum - 1) < 0.001);
  if (fits) return null;
  return (
    <Alert color="yellow" variant="light" title="The shares do not make up everybody" role="status">
      {own.length < shared.length ? "Give every template a share, or none." : `They are ${Math.round(sum * 1000) / 10} % together.`} <Anchor component="button" type="button" inherit onClick={onEqual}>Give all of them an equal part</Anchor>.
    </Alert>
  );
}
