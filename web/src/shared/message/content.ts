// What a message says, as the editor holds it, and the fields that its templates may name.
import { useQuery } from "@tanstack/react-query";

import { answer, api, type Schemas } from "../../api/client";

export type Content = Schemas["Content"];
export type Preview = Schemas["paceline__api__schemas__content__PreviewAnswer"];

/** A content with every field that the editor shows. */
export type EditedContent = Content & { from: string; reply_to: string; subject: string; preheader: string; mjml: string; html: string; text: string | null };

export const EMPTY_CONTENT: EditedContent = { from: "", reply_to: "", subject: "", preheader: "", mjml: "", html: "", text: null };

/** What a new message in MJML begins with, written as the blocks write it. */
export const FIRST_MJML = `<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text font-size="20px">Hello {{ contact.first_name | default("you", true) }}</mj-text>
        <mj-text font-size="16px" line-height="1.5">What is new.</mj-text>
        <mj-button href="https://example.com/">Read on</mj-button>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
`;

/** Names of fields that contacts have, the usual ones first; from the newest contacts, so it is a help and no rule. */
export function useFieldNames(enabled: boolean): string[] {
  const { data } = useQuery({
    queryKey: ["contacts", "field-names"],
    queryFn: () => answer(api.GET("/api/v1/contacts", { params: { query: { limit: 50 } } })),
    staleTime: 60_000,
    enabled,
  });
  const names = new Set<string>();
  for (const contact of data?.items ?? []) for (const name of Object.keys(contact.fields)) names.add(name);
  return ["email", ...[...names].filter((name) => name !== "email").sort()];
}

/** How a template names a field: contact.city, or contact["Postal code"] where it is no plain word. */
export function placeholder(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? `{{ contact.${name} }}` : `{{ contact[${JSON.stringify(name)}] }}`;
}
