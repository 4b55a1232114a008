// MJML as blocks, and back. What is no block stays as it was written, so that nothing gets lost on the way.
import { decode, elementsOf, encode, hideTags, write, type Attributes, type Element } from "./mjml";

export interface PlainProps {
  attributes: Attributes;
  /** Of a heading and a button plain text, of the others HTML or MJML. */
  text: string;
}

export interface ColumnProps {
  attributes: Attributes;
  content: Block[];
}

/** What each kind of block holds, besides its id. */
export interface Kinds {
  Heading: PlainProps & { level: number };
  Text: PlainProps;
  Button: PlainProps;
  Image: PlainProps;
  Columns: { attributes: Attributes; columns: ColumnProps[] };
  Divider: PlainProps;
  Spacer: PlainProps;
  Html: PlainProps;
  /** An element of a column that is no block. */
  Code: PlainProps;
  /** What stands beside sections, or a section that is no block. */
  Part: PlainProps;
}

export type Kind = keyof Kinds;
export type Block = { [K in Kind]: { type: K; props: Kinds[K] & { id: string } } }[Kind];

export interface Document {
  /** The source up to the content of the body, and from its end. */
  before: string;
  after: string;
  blocks: Block[];
}

const HEADING_STYLES: Record<number, string> = Object.fromEntries([30, 24, 19].map((pixels, index) => [index + 1, `margin:0;font-size:${pixels}px;line-height:1.25`]));
const HEADING = /^<h([1-3]) style="([^"]*)">([^<]*)<\/h\1>$/;
/** What the editor of texts can hold. */
const SIMPLE = /^(?:[^<]|<\/?(?:p|strong|b|em|i|u|s|ul|ol|li|a)>|<br ?\/?>|<a href="[^"]*">)*$/;
const FRAME = /^(\s*<mjml[^>]*>[\s\S]*?<mj-body(?:\s[^>]*)?>)([\s\S]*)(<\/mj-body>\s*<\/mjml>\s*)$/;
const MOST_COLUMNS = 4;

/** The blocks of a source; null where its elements cannot be told. */
export function readBlocks(mjml: string): Document | null {
  const { marked, show } = hideTags(mjml);
  const [, before, body, after] = FRAME.exec(marked) ?? [];
  const elements = body === undefined ? null : elementsOf(body);
  if (before === undefined || after === undefined || !elements) return null;
  const blocks: Block[] = [];
  let open = false; // whether the last block came from a plain section: two of them would become one
  for (const element of elements) {
    const content: Block[] | null = open ? null : plainContent(element);
    open = content !== null;
    blocks.push(...(content ?? [sectionBlock(element)]));
  }
  const shown = JSON.parse(JSON.stringify(blocks), (_, value: unknown) => (typeof value === "string" ? show(value) : value)) as Block[];
  return { before: show(before), after: show(after), blocks: shown };
}

/** Whether the source is as blocks are written: then whoever opens it sees blocks. */
export function isOfBlocks(mjml: string): boolean {
  const document = readBlocks(mjml);
  return document !== null && writeBlocks(document) === mjml;
}

/** The blocks of a section that says nothing but that it is one. */
function plainContent(element: Element): Block[] | null {
  const columns = element.name === "mj-section" && isPlain(element) ? elementsOf(element.inner) : null;
  const [only] = columns ?? [];
  if (columns?.length !== 1 || only?.name !== "mj-column" || !isPlain(only)) return null;
  const content = elementsOf(only.inner);
  return content && content.length > 0 ? content.map(columnBlock) : null;
}

const isPlain = (element: Element) => Object.keys(element.attributes).length === 0;

function sectionBlock(element: Element): Block {
  const part = make("Part", { attributes: {}, text: element.source });
  const columns = element.name === "mj-section" ? elementsOf(element.inner) : null;
  if (!columns || columns.length === 0 || columns.length > MOST_COLUMNS) return part;
  const read = columns.map((one) => (one.name === "mj-column" ? elementsOf(one.inner) : null));
  if (read.includes(null)) return part;
  return make("Columns", { attributes: element.attributes, columns: read.map((content, index) => ({ attributes: columns[index]?.attributes ?? {}, content: (content ?? []).map(columnBlock) })) });
}

function columnBlock({ name, attributes, inner, source }: Element): Block {
  const blank = inner.trim() === "";
  if (name === "mj-text") return textBlock(attributes, inner.trim());
  if (name === "mj-button" && !inner.includes("<")) return make("Button", { attributes, text: decode(inner.trim()) });
  if (name === "mj-image" && blank) return make("Image", { attributes, text: "" });
  if (name === "mj-divider" && blank) return make("Divider", { attributes, text: "" });
  if (name === "mj-spacer" && blank) return make("Spacer", { attributes, text: "" });
  return make("Code", { attributes: {}, text: source });
}

function textBlock(attributes: Attributes, inner: string): Block {
  const [, level, style, words] = HEADING.exec(inner) ?? [];
  if (words !== undefined && style === HEADING_STYLES[Number(level)]) return make("Heading", { attributes, level: Number(level), text: decode(words) });
  return make(SIMPLE.test(inner) ? "Text" : "Html", { attributes, text: inner });
}

let made = 0;
const make = <K extends Kind>(type: K, props: Kinds[K]) => ({ type, props: { ...props, id: `read-${(made += 1)}` } }) as unknown as Block;

/** MJML with one line for each element; what stands in a text or a part keeps its own lines. */
export function writeBlocks({ before, after, blocks }: Document): string {
  const lines: string[] = [];
  let plain: Block[] = [];
  const close = () => {
    if (plain.length > 0) lines.push(section({}, [{ attributes: {}, content: plain }]));
    plain = [];
  };
  for (const block of blocks) {
    if (block.type !== "Columns" && block.type !== "Part") {
      plain.push(block);
      continue;
    }
    close();
    lines.push(block.type === "Part" ? block.props.text.trim() : section(block.props.attributes, block.props.columns));
  }
  close();
  return [before, ...lines.map((one) => `    ${one}`), `  ${after}`].join("\n");
}

function section(attributes: Attributes, columns: ColumnProps[]): string {
  const column = (one: ColumnProps) => `      ${write("mj-column", one.attributes, one.content.map((block) => `\n        ${element(block)}`).join("") + (one.content.length > 0 ? "\n      " : ""))}`;
  return write("mj-section", attributes, `\n${columns.map(column).join("\n")}\n    `);
}

function element(block: Block): string {
  if (block.type === "Columns") return ""; // the editor lets no columns into columns
  const { attributes, text } = block.props;
  switch (block.type) {
    case "Heading": return write("mj-text", attributes, `<h${block.props.level} style="${HEADING_STYLES[block.props.level] ?? ""}">${encode(text)}</h${block.props.level}>`);
    case "Text":
    case "Html": return write("mj-text", attributes, text.trim());
    case "Button": return write("mj-button", attributes, encode(text));
    case "Image": return write("mj-image", attributes);
    case "Divider": return write("mj-divider", attributes);
    case "Spacer": return write("mj-spacer", attributes);
    default: return text.trim();
  }
}
