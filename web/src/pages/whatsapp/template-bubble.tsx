// A template as somebody's telephone shows it. Everything in it is text: nothing is loaded and nothing runs.
import { Text } from "@mantine/core";
import { Fragment, type ReactNode } from "react";

import { Icon } from "../../shared/icons";
import { filled, partsOf, type TemplateComponent } from "./template-parts";

export interface FilledParts {
  header?: Record<string, string>;
  body?: Record<string, string>;
}

interface TemplateBubbleProps {
  components: readonly TemplateComponent[];
  values?: FilledParts;
  /** How the picture is called, where people know. */
  label?: string;
}

const MEDIA: Record<string, string> = { IMAGE: "A picture", VIDEO: "A film", DOCUMENT: "A document", LOCATION: "A place on the map" };

export function TemplateBubble({ components, values = {}, label = "The message" }: TemplateBubbleProps) {
  const { header, body, footer, buttons } = partsOf(components);
  return (
    <div className="bubble-ground" role="group" aria-label={label}>
      <div className="bubble">
        {header?.kind === "TEXT" && <Text fw={700} size="sm" className="bubble-text">{filled(header.text, values.header ?? {})}</Text>}
        {header && header.kind !== "TEXT" && <div className="bubble-medium">{MEDIA[header.kind]}</div>}
        <Text size="sm" className="bubble-text" component="div">{marked(filled(body.text, values.body ?? {}))}</Text>
        {footer && <Text size="xs" c="dimmed" mt={4}>{footer}</Text>}
      </div>
      {buttons.map((one) => (
        <div key={one.index} className="bubble bubble-button">
          <Icon name={one.type === "URL" ? "forward" : "check"} size={14} /> {one.text}
        </div>
      ))}
    </div>
  );
}

const MARKS = /(\*[^*\n]+\*|_[^_\n]+_|~[^~\n]+~)/;

/** WhatsApp's own marks: *bold*, _italic_, ~struck~. */
function marked(text: string): ReactNode {
  return text.split(MARKS).map((part, index) => {
    const inner = part.slice(1, -1);
    if (index % 2 === 0) return <Fragment key={index}>{part}</Fragment>;
    if (part.startsWith("*")) return <strong key={index}>{inner}</strong>;
    return part.startsWith("_") ? <em key={index}>{inner}</em> : <s key={index}>{inner}</s>;
  });
}
