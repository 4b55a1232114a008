// What fills in a template, in the words of the API, and one value of it by the variable of the provider's template.
import type { ListedTemplate } from "../../../whatsapp/whatsapp-calls";
import { isNumbered, partsOf, type TemplateParts } from "../../../whatsapp/template-parts";

/** A template of a campaign, as the API takes it. */
export interface CampaignTemplate {
  name: string;
  language: string;
  /** Of the contacts; null: an equal part, or those whom `where` says. */
  share: number | null;
  where: { field: string; equals: string } | null;
  parameters: Parameters;
}

/** What is not edited here (carousels, offers, money) stays as it is. */
export interface Parameters {
  header?: unknown;
  body?: unknown;
  buttons?: ButtonParameter[];
  [more: string]: unknown;
}

export interface ButtonParameter {
  type: string;
  index?: number;
  suffix?: string;
  code?: string;
  [more: string]: unknown;
}

type Texts = Record<string, string>;

/** A new one with a place for everything that the template asks for. */
export function campaignTemplateOf(listed: ListedTemplate): CampaignTemplate {
  const parts = partsOf(listed.components);
  const parameters: Parameters = {};
  if (parts.header?.kind === "TEXT" && parts.header.variables.length > 0) parameters.header = headerText(parts.header.variables, "");
  else if (parts.header && parts.header.kind !== "TEXT") parameters.header = { [parts.header.kind.toLowerCase()]: parts.header.kind === "LOCATION" ? {} : { link: "" } };
  if (parts.body.variables.length > 0) parameters.body = bodyOf(parts, {});
  const ends = parts.buttons.filter((one) => one.needsEnd || one.type === "COPY_CODE");
  if (ends.length > 0) parameters.buttons = ends.map((one) => (one.needsEnd ? { type: "url", index: one.index, suffix: "" } : { type: "copy_code", index: one.index, code: "" }));
  return { name: listed.name, language: listed.language, share: null, where: null, parameters };
}

/** The texts of the body by variable; those that are no text are left out. */
export function bodyTexts(parameters: Parameters, parts: TemplateParts): Texts {
  const { body } = parameters;
  const value = (variable: string, index: number): unknown => (Array.isArray(body) ? body[index] : (body as Texts | undefined)?.[variable]);
  return Object.fromEntries(parts.body.variables.map((one, index) => [one, value(one, index)]).filter((pair): pair is [string, string] => typeof pair[1] === "string"));
}

export function withBodyText(parameters: Parameters, parts: TemplateParts, variable: string, text: string): Parameters {
  return { ...parameters, body: bodyOf(parts, { ...bodyTexts(parameters, parts), [variable]: text }) };
}

function bodyOf(parts: TemplateParts, texts: Texts): string[] | Texts {
  const { variables } = parts.body;
  return isNumbered(variables) ? variables.map((one) => texts[one] ?? "") : Object.fromEntries(variables.map((one) => [one, texts[one] ?? ""]));
}

/** The text of a header's one variable. */
export function headerTextOf(parameters: Parameters): string {
  const { header } = parameters;
  if (typeof header === "string") return header;
  const named = (header as { text?: Texts } | undefined)?.text;
  return named ? (Object.values(named)[0] ?? "") : "";
}

export function headerText(variables: readonly string[], text: string): string | { text: Texts } {
  return isNumbered(variables) ? text : { text: { [variables[0] ?? ""]: text } };
}

/** The address of a header's medium. */
export function headerLinkOf(parameters: Parameters): string {
  const medium = Object.values((parameters.header ?? {}) as Record<string, { link?: string }>)[0];
  return medium?.link ?? "";
}

/** Every text that is still missing, by what people call it. */
export function missingIn(template: CampaignTemplate, listed: ListedTemplate): string[] {
  const parts = partsOf(listed.components);
  const { parameters } = template;
  const texts = bodyTexts(parameters, parts);
  const missing = parts.body.variables.filter((one) => one in texts && !texts[one]?.trim()).map((one) => `{{${one}}}`);
  if (parts.header?.kind === "TEXT" && parts.header.variables.length > 0 && !headerTextOf(parameters).trim()) missing.push("the header's text");
  if (parts.header && ["IMAGE", "VIDEO", "DOCUMENT"].includes(parts.header.kind) && !headerLinkOf(parameters)) missing.push(`the header's ${parts.header.kind.toLowerCase()}`);
  for (const one of parameters.buttons ?? []) if (one.suffix === "" || one.code === "") missing.push(`the end of button ${(one.index ?? 0) + 1}`);
  return missing;
}
