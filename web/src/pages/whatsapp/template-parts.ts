// What a template of the provider asks for: its texts, its variables, its media and the ends of its links.

/** A component as the provider lists it. */
export interface TemplateComponent {
  type?: string;
  format?: string;
  text?: string;
  buttons?: { type?: string; text?: string; url?: string; phone_number?: string }[];
  [more: string]: unknown;
}

export interface TemplateParts {
  /** A text, or the kind of medium: IMAGE, VIDEO, DOCUMENT, LOCATION; null where there is no header. */
  header: { kind: "TEXT"; text: string; variables: string[] } | { kind: "IMAGE" | "VIDEO" | "DOCUMENT" | "LOCATION" } | null;
  body: { text: string; variables: string[] };
  footer: string;
  buttons: { index: number; type: string; text: string; url: string; needsEnd: boolean }[];
}

const VARIABLE = /\{\{\s*(\w+)\s*\}\}/g;
const MEDIA = ["IMAGE", "VIDEO", "DOCUMENT", "LOCATION"];

/** The variables of a text, each once, in their order. */
export function variablesOf(text: string): string[] {
  return [...new Set([...text.matchAll(VARIABLE)].map((one) => one[1] ?? ""))];
}

/** Whether a template numbers its variables ({{1}}) instead of naming them. */
export const isNumbered = (variables: readonly string[]): boolean => variables.every((one) => /^\d+$/.test(one));

/** The parts of a template, in the order in which people see them. */
export function partsOf(components: readonly TemplateComponent[]): TemplateParts {
  const part = (type: string) => components.find((one) => String(one.type).toUpperCase() === type);
  const header = part("HEADER");
  const format = String(header?.format ?? "TEXT").toUpperCase();
  const body = part("BODY")?.text ?? "";
  return {
    header: !header ? null : MEDIA.includes(format) ? { kind: format as "IMAGE" } : { kind: "TEXT", text: header.text ?? "", variables: variablesOf(header.text ?? "") },
    body: { text: body, variables: variablesOf(body) },
    footer: part("FOOTER")?.text ?? "",
    buttons: (part("BUTTONS")?.buttons ?? []).map((one, index) => ({
      index, type: String(one.type).toUpperCase(), text: one.text ?? "", url: one.url ?? "", needsEnd: String(one.type).toUpperCase() === "URL" && variablesOf(one.url ?? "").length > 0,
    })),
  };
}

/** A text with its variables filled in; what has no value keeps its place. */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(VARIABLE, (place, name: string) => values[name] || place);
}
