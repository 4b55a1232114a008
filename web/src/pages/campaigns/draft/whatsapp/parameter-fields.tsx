// The fields of a template: one for each variable, medium and link that it asks for.
import { Autocomplete, Stack, Text, TextInput } from "@mantine/core";

import { useMay } from "../../../../api/session";
import { placeholder, useFieldNames } from "../../../../shared/message/content";
import { partsOf } from "../../../whatsapp/template-parts";
import type { ListedTemplate } from "../../../whatsapp/whatsapp-calls";
import { bodyTexts, headerLinkOf, headerText, headerTextOf, withBodyText, type CampaignTemplate, type Parameters } from "./template-parameters";

interface ParameterFieldsProps {
  template: CampaignTemplate;
  listed: ListedTemplate;
  onChange: (parameters: Parameters) => void;
  readOnly: boolean;
}

export function ParameterFields({ template, listed, onChange, readOnly }: ParameterFieldsProps) {
  const names = useFieldNames(useMay()("contacts:read")).map(placeholder);
  const parts = partsOf(listed.components);
  const { parameters } = template;
  const texts = bodyTexts(parameters, parts);
  const { header } = parts;
  const asks = parts.body.variables.length > 0 || (parameters.buttons ?? []).length > 0 || (header !== null && (header.kind !== "TEXT" || header.variables.length > 0));
  if (!asks) return <Text size="sm" c="dimmed">This template asks for nothing: everybody gets the same.</Text>;
  const field = (label: string, value: string, set: (text: string) => void, hint?: string) => (
    <Autocomplete key={label} label={label} description={hint} value={value} onChange={set} data={names} disabled={readOnly} placeholder="A text, or a field of the contact"
      maxDropdownHeight={220} comboboxProps={{ shadow: "md" }} filter={({ options }) => options} />
  );
  return (
    <Stack gap="sm">
      {header?.kind === "TEXT" && header.variables.length > 0 && field("Header", headerTextOf(parameters), (text) => onChange({ ...parameters, header: headerText(header.variables, text) }))}
      {header && header.kind !== "TEXT" && header.kind !== "LOCATION" && (
        <TextInput label={`Address of the ${header.kind.toLowerCase()}`} description="https, and open to the provider, who fetches it." placeholder="https://example.com/ride.jpg" value={headerLinkOf(parameters)} disabled={readOnly}
          onChange={(event) => onChange({ ...parameters, header: { [header.kind.toLowerCase()]: { link: event.currentTarget.value } } })} />
      )}
      {parts.body.variables.map((one) => (one in texts
        ? field(`{{${one}}}`, texts[one] ?? "", (text) => onChange(withBodyText(parameters, parts, one, text)))
        : <Text key={one} size="sm" c="dimmed">{`{{${one}}}`} is an amount or a date, which the API and campaign files set.</Text>))}
      {(parameters.buttons ?? []).map((button, place) => {
        const name = button.type === "url" ? "suffix" : button.type === "copy_code" ? "code" : null;
        const said = parts.buttons.find((one) => one.index === (button.index ?? place));
        if (name === null) return null;
        const set = (text: string) => onChange({ ...parameters, buttons: (parameters.buttons ?? []).map((one, at) => (at === place ? { ...one, [name]: text } : one)) });
        return field(name === "suffix" ? `End of the link of “${said?.text ?? ""}”` : `Code of “${said?.text ?? ""}”`, String(button[name] ?? ""), set, name === "suffix" ? said?.url : undefined);
      })}
    </Stack>
  );
}
