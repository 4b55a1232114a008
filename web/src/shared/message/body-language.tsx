// In which way the body is written, and what becomes of it when that changes.
import { SegmentedControl } from "@mantine/core";
import { useState } from "react";

import { answer, api } from "../../api/client";
import { Confirm } from "../confirm";
import { FIRST_MJML, type EditedContent } from "./content";

export const LANGUAGES = { html: "HTML", mjml: "MJML", blocks: "Blocks" } as const;
export type Language = keyof typeof LANGUAGES;

interface BodyLanguageProps {
  value: EditedContent;
  language: Language;
  readOnly: boolean;
  onChange: (value: EditedContent, language: Language) => void;
}

/** HTML, or MJML that is compiled to it, as text or as blocks. From MJML to HTML what it was compiled to stays; the way back begins anew. */
export function BodyLanguage({ value, language, readOnly, onChange }: BodyLanguageProps) {
  const [asked, setAsked] = useState<Language | null>(null);
  const close = () => setAsked(null);
  const toHtml = async () => {
    const { compiled } = await answer(api.POST("/api/v1/templates/preview", { body: { content: value, fields: {} } }));
    onChange({ ...value, mjml: "", html: compiled ?? "" }, "html");
  };
  const begin = async (chosen: Language) => onChange({ ...value, mjml: FIRST_MJML }, chosen);
  const choose = (word: string) => {
    const chosen = word as Language;
    if (language !== "html" && chosen !== "html") onChange(value, chosen);
    else if (chosen !== "html" && !value.html.trim()) void begin(chosen);
    else setAsked(chosen);
  };
  if (readOnly) return null;
  return (
    <>
      <SegmentedControl size="xs" mb="xs" aria-label="How the body is written" value={language} onChange={choose} data={Object.entries(LANGUAGES).map(([word, label]) => ({ value: word, label }))} />
      <Confirm opened={asked === "html"} onClose={close} title="Go on in HTML?" confirm="Go on in HTML" danger onConfirm={toHtml}>
        There is no way back: HTML cannot be turned into blocks or MJML again.
      </Confirm>
      <Confirm opened={asked !== null && asked !== "html"} onClose={close} title="Begin anew?" confirm="Begin anew" danger onConfirm={() => begin(asked ?? "blocks")}>
        HTML cannot be turned into blocks or MJML: what stands there now is replaced by a first draft.
      </Confirm>
    </>
  );
}
