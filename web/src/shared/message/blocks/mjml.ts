// The little of MJML's grammar that blocks need: elements beside each other, with template tags left as they are.

export type Attributes = Record<string, string>;

export interface Element {
  /** "" for a comment. */
  name: string;
  attributes: Attributes;
  inner: string;
  source: string;
}

const TEMPLATE_TAG = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\}/g;
const COMMENT = /<!--[\s\S]*?-->/y;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const OPENING = /<([a-z][\w-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/iy;

/** The source with a mark for every template tag, whose signs are none of MJML's, and what brings them back. */
export function hideTags(source: string): { marked: string; show: (marked: string) => string } {
  const tags: string[] = [];
  const marked = source.replace(TEMPLATE_TAG, (tag) => `\ufdd0${tags.push(tag) - 1}\ufdd1`);
  return { marked, show: (text) => text.replace(/\ufdd0(\d+)\ufdd1/g, (_, number: string) => tags[Number(number)] ?? "") };
}

/** Changes what is between the template tags of a text. */
export function outsideTags(text: string, change: (part: string) => string): string {
  const { marked, show } = hideTags(text);
  return show(change(marked));
}

/** The elements of a source with hidden tags; null where a text stands between them or an end is missing. */
export function elementsOf(marked: string): Element[] | null {
  const found: Element[] = [];
  for (let at = 0; ; ) {
    at += /^\s*/.exec(marked.slice(at))?.[0].length ?? 0;
    if (at >= marked.length) return found;
    const element = elementAt(marked, at);
    if (!element) return null;
    found.push(element);
    at += element.source.length;
  }
}

function elementAt(marked: string, at: number): Element | null {
  COMMENT.lastIndex = OPENING.lastIndex = at;
  const comment = COMMENT.exec(marked);
  if (comment) return { name: "", attributes: {}, inner: "", source: comment[0] };
  const opening = OPENING.exec(marked);
  if (!opening) return null;
  const [tag, name = "", written = "", alone] = opening;
  const attributes = Object.fromEntries([...written.matchAll(ATTRIBUTE)].map((one) => [one[1] ?? "", decode(one[2] ?? one[3] ?? "")]));
  if (alone) return { name, attributes, inner: "", source: tag };
  const start = at + tag.length;
  const end = endOf(name, marked, start);
  return end && { name, attributes, inner: marked.slice(start, end.from), source: marked.slice(at, end.to) };
}

/** Where the element that begins before `start` ends; elements of the same name may stand in it. */
function endOf(name: string, marked: string, start: number): { from: number; to: number } | null {
  const tags = new RegExp(`<!--[\\s\\S]*?-->|<(/?)${name}(?=[\\s/>])(?:[^<>"']|"[^"]*"|'[^']*')*?(/?)>`, "gi");
  tags.lastIndex = start;
  for (let depth = 1, tag; (tag = tags.exec(marked)); ) {
    if (tag[0].startsWith("<!--") || tag[2]) continue;
    depth += tag[1] ? -1 : 1;
    if (depth === 0) return { from: tag.index, to: tags.lastIndex };
  }
  return null;
}

/** A text that is no markup, as HTML writes it. */
export const encode = (text: string) => outsideTags(text, (part) => part.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"));

/** What HTML means by a text without tags. */
export const decode = (text: string) => new DOMParser().parseFromString(`.${text.replaceAll("<", "&lt;")}`, "text/html").body.textContent.slice(1);

/** An element; attributes that are empty are left out, except where that means something. */
export function write(name: string, attributes: Attributes, inner?: string): string {
  const words = Object.entries(attributes).filter(([key, value]) => value !== "" || key === "alt");
  const opening = [name, ...words.map(([key, value]) => `${key}="${outsideTags(encode(value), (part) => part.replaceAll('"', "&quot;"))}"`)].join(" ");
  return inner === undefined ? `<${opening} />` : `<${opening}>${inner}</${name}>`;
}

/** A template for whoever reads it as HTML: what stands in its tags is text there. */
export const asHtml = (template: string) => template.replace(TEMPLATE_TAG, (tag) => tag.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"));

/** The way back: its tags are no text for the template. */
export const asTemplate = (html: string) => html.replace(TEMPLATE_TAG, (tag) => tag.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&nbsp;", " ").replaceAll("&amp;", "&"));
