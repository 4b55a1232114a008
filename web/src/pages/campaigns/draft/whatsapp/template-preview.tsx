// A template as one contact will get it: filled in by the server, a moment after every change.
import { Alert, Select, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../../../../api/client";
import { useMay } from "../../../../api/session";
import { Icon } from "../../../../shared/icons";
import { ProblemNotice } from "../../../../shared/problem-notice";
import { TemplateBubble, type FilledParts } from "../../../whatsapp/template-bubble";
import { partsOf, type TemplateComponent } from "../../../whatsapp/template-parts";
import type { ListedTemplate } from "../../../whatsapp/whatsapp-calls";
import type { CampaignTemplate } from "./template-parameters";

interface TemplatePreviewProps {
  template: CampaignTemplate;
  listed: ListedTemplate;
  /** Nothing is missing: before that there is nothing to ask the server. */
  complete: boolean;
  country: string;
}

export function TemplatePreview({ template, listed, complete, country }: TemplatePreviewProps) {
  const reads = useMay()("contacts:read");
  const [contact, setContact] = useState<string | null>(null);
  const [settled] = useDebouncedValue(template, 400);
  const people = useQuery({
    queryKey: ["contacts", "preview-choice"],
    queryFn: () => answer(api.GET("/api/v1/contacts", { params: { query: { limit: 50 } } })),
    enabled: reads,
    staleTime: 60_000,
  });
  const reachable = (people.data?.items ?? []).filter((one) => one.phone);
  const chosen = contact ?? reachable[0]?.id ?? null;
  const shown = useQuery({
    queryKey: ["whatsapp", "preview", settled.name, settled.language, settled.parameters, chosen, country],
    queryFn: () => answer(api.POST("/api/v1/whatsapp/preview", { body: { template: { name: settled.name, language: settled.language, parameters: settled.parameters }, default_country: country.length === 2 ? country : "", contact_id: chosen, fields: {} } })),
    enabled: complete && (!reads || !people.isPending),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 60_000,
  });
  const values = complete && shown.data ? filledParts(shown.data.components as RenderedComponent[], listed.components) : {};
  return (
    <Stack gap="xs" miw={0} component="section" aria-label={`Preview of ${template.name}`}>
      <Select label="Seen by" size="xs" searchable allowDeselect={false} value={chosen} onChange={setContact} disabled={reachable.length === 0} maw={260} placeholder="An example contact"
        data={reachable.map((one) => ({ value: one.id, label: one.phone ?? one.id }))} />
      <ProblemNotice error={complete ? shown.error : null} title="The preview could not be made" />
      {complete && (shown.data?.problems ?? []).length > 0 && (
        <Alert color="yellow" variant="light" title="It cannot be sent like this" icon={<Icon name="alert" />}>{shown.data?.problems.map((one, index) => <Text key={index} size="sm" inherit>{one.message}</Text>)}</Alert>
      )}
      <TemplateBubble components={listed.components} values={values} label="The message" />
      {reads && people.data && reachable.length === 0 && <Text size="xs" c="dimmed">No contact with a telephone number is known yet.</Text>}
    </Stack>
  );
}

interface RenderedParameter {
  text?: string;
  parameter_name?: string;
  currency?: { fallback_value?: string };
  date_time?: { fallback_value?: string };
}

interface RenderedComponent {
  type?: string;
  parameters?: RenderedParameter[];
}

/** The values of a rendered message by the variables of the template. */
function filledParts(rendered: readonly RenderedComponent[], components: readonly TemplateComponent[]): FilledParts {
  const parts = partsOf(components);
  const of = (type: string, variables: readonly string[]) => {
    const given = rendered.find((one) => one.type === type)?.parameters ?? [];
    return Object.fromEntries(given.map((one, place) => [one.parameter_name ?? variables[place] ?? String(place + 1), one.text ?? one.currency?.fallback_value ?? one.date_time?.fallback_value ?? ""]));
  };
  return { header: of("header", parts.header?.kind === "TEXT" ? parts.header.variables : []), body: of("body", parts.body.variables) };
}
