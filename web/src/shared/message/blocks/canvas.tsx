// The blocks as they stand in the editor: close to the mail, which the preview beside it shows as it is.
import type { Config } from "@puckeditor/core";
import { createElement, type CSSProperties, type ReactNode } from "react";

import type { Kind, PlainProps } from "./blocks";
import { asHtml, type Attributes } from "./mjml";

interface SlotColumn {
  attributes: Attributes;
  content: [];
}

/** What Puck knows of each kind. */
export type Components = Record<Exclude<Kind, "Columns" | "Heading">, PlainProps> & {
  Heading: PlainProps & { level: number };
  Columns: { attributes: Attributes; columns: SlotColumn[] };
};

/** How a person calls each kind; those that can be added, in their order. */
export const KINDS: Record<Kind, string> = {
  Heading: "Heading", Text: "Text", Button: "Button", Image: "Image", Columns: "Columns", Divider: "Divider", Spacer: "Spacer", Html: "HTML", Code: "MJML", Part: "Part in MJML",
};
export const ADDABLE: readonly Kind[] = ["Heading", "Text", "Button", "Image", "Columns", "Divider", "Spacer", "Html"];

const NOT_IN_COLUMNS = ["Columns", "Part"];

export const config: Config<Components> = {
  components: {
    Heading: { label: KINDS.Heading, defaultProps: { attributes: {}, level: 1, text: "A heading" }, render: ({ attributes, level, text }) => <p className={`block block-heading-${level}`} style={look(attributes)}>{text}</p> },
    Text: { label: KINDS.Text, defaultProps: { attributes: { "font-size": "16px", "line-height": "1.5" }, text: "<p>A text</p>" }, render: ({ attributes, text }) => <div className="block block-text" style={look(attributes)}>{nodesOf(text)}</div> },
    Button: { label: KINDS.Button, defaultProps: { attributes: { href: "https://", "background-color": "#0b7285", "font-size": "16px" }, text: "Read on" }, render: ({ attributes, text }) => <div className="block" style={{ textAlign: aligned(attributes.align ?? "center") }}><span className="block-button" style={buttonLook(attributes)}>{text}</span></div> },
    Image: { label: KINDS.Image, defaultProps: { attributes: { src: "", alt: "" }, text: "" }, render: ({ attributes }) => <div className="block" style={{ textAlign: aligned(attributes.align ?? "center") }}><Picture {...attributes} /></div> },
    Columns: {
      label: KINDS.Columns,
      defaultProps: { attributes: {}, columns: [{ attributes: {}, content: [] }, { attributes: {}, content: [] }] },
      fields: { attributes: { type: "object", objectFields: {} }, columns: { type: "array", arrayFields: { attributes: { type: "object", objectFields: {} }, content: { type: "slot", disallow: NOT_IN_COLUMNS } } } },
      render: ({ attributes, columns }) => (
        <div className="block-columns" style={{ backgroundColor: attributes["background-color"] }}>
          {columns.map(({ content: Content }, index) => <div key={index} className="block-column"><Content minEmptyHeight={56} disallow={NOT_IN_COLUMNS} /></div>)}
        </div>
      ),
    },
    Divider: { label: KINDS.Divider, defaultProps: { attributes: { "border-color": "#ced4da", "border-width": "1px" }, text: "" }, render: ({ attributes }) => <div className="block"><div className="block-divider" style={{ borderTopColor: attributes["border-color"], borderTopWidth: attributes["border-width"] ?? 4 }} /></div> },
    Spacer: { label: KINDS.Spacer, defaultProps: { attributes: { height: "20px" }, text: "" }, render: ({ attributes }) => <div className="block-spacer" style={{ height: attributes.height ?? 20 }} /> },
    Html: { label: KINDS.Html, defaultProps: { attributes: {}, text: "<p>Some HTML</p>" }, render: source("HTML") },
    Code: { label: KINDS.Code, defaultProps: { attributes: {}, text: "" }, render: source("MJML") },
    Part: { label: KINDS.Part, defaultProps: { attributes: {}, text: "" }, render: source("MJML") },
  },
};

function source(language: string) {
  return ({ text }: { text: string }) => <div className="block"><p className="block-language">{language}, shown in the preview</p><pre className="block-source">{text}</pre></div>;
}

function look(attributes: Attributes): CSSProperties {
  return { color: attributes.color, textAlign: aligned(attributes.align ?? "left"), fontSize: attributes["font-size"], lineHeight: attributes["line-height"] };
}

function buttonLook(attributes: Attributes): CSSProperties {
  return { backgroundColor: attributes["background-color"] ?? "#414141", color: attributes.color ?? "#fff", fontSize: attributes["font-size"], borderRadius: attributes["border-radius"] ?? 3 };
}

const aligned = (word: string) => (["left", "center", "right", "justify"] as const).find((one) => one === word);

/** Files of this server are shown; whatever else a message shows is for the reader's eyes alone. */
function Picture({ src = "", alt = "", width }: Attributes) {
  const here = /^(?:\/|https?:)/.test(src) && !src.includes("{") && new URL(src, location.href).origin === location.origin;
  if (here) return <img src={src} alt={alt} className="block-image" style={{ width }} />;
  return <div className="block-picture">{alt || "A picture"}{src ? <span className="block-address">{src}</span> : " that has no address yet"}</div>;
}

const SHOWN = new Set(["p", "br", "strong", "b", "em", "i", "u", "s", "ul", "ol", "li"]);

/** A text with the few elements it may have; attributes are left out, links are no links here. */
function nodesOf(html: string): ReactNode {
  const walk = (node: Node, key: number): ReactNode => {
    if (!(node instanceof Element)) return node.textContent;
    const name = node.localName;
    const children = [...node.childNodes].map(walk);
    return createElement(SHOWN.has(name) ? name : "span", { key, ...(name === "a" && { className: "block-link" }) }, ...(name === "br" ? [] : children));
  };
  return [...new DOMParser().parseFromString(asHtml(html), "text/html").body.childNodes].map(walk);
}
