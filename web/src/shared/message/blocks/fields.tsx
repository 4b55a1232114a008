// What can be said about the chosen block.
import { ColorInput, Select, Stack, Textarea, TextInput } from "@mantine/core";

import { useFilesChoice } from "../files-choice";
import type { Block, ColumnProps, Kind } from "./blocks";
import { useCursor, type CursorListener } from "./cursor";
import { RichText } from "./rich-text";

interface AttributeField {
  attribute: string;
  label: string;
  kind?: "colour" | "align";
  hint?: string;
}

const ALIGN: AttributeField = { attribute: "align", label: "Where it stands", kind: "align" };
const COLOUR: AttributeField = { attribute: "color", label: "Colour of the text", kind: "colour" };
const ATTRIBUTES: Record<Kind, AttributeField[]> = {
  Heading: [COLOUR, ALIGN],
  Text: [{ attribute: "font-size", label: "Size of the text", hint: "16px" }, COLOUR, ALIGN],
  Button: [{ attribute: "href", label: "Address", hint: "https://example.com/" }, { attribute: "background-color", label: "Colour of the button", kind: "colour" }, COLOUR, ALIGN],
  Image: [
    { attribute: "src", label: "Address of the picture", hint: "https://example.com/picture.png" }, { attribute: "alt", label: "In words, for those who do not see it" },
    { attribute: "href", label: "Leads to", hint: "https://example.com/" }, { attribute: "width", label: "Width", hint: "300px" }, ALIGN,
  ],
  Columns: [{ attribute: "background-color", label: "Colour behind them", kind: "colour" }],
  Divider: [{ attribute: "border-width", label: "Thickness", hint: "1px" }, { attribute: "border-color", label: "Colour", kind: "colour" }],
  Spacer: [{ attribute: "height", label: "Height", hint: "20px" }],
  Html: [],
  Code: [],
  Part: [],
};

interface BlockFieldsProps {
  block: Block;
  onChange: (block: Block) => void;
  onCursor: CursorListener;
}

export function BlockFields({ block, onChange, onCursor }: BlockFieldsProps) {
  const change = (props: object) => onChange({ ...block, props: { ...block.props, ...props } } as Block);
  const setAttributes = (changed: object) => change({ attributes: { ...block.props.attributes, ...changed } });
  return (
    <Stack gap="xs">
      <MainFields block={block} change={change} onCursor={onCursor} />
      {block.type === "Image" && <FileField value={block.props.attributes.src ?? ""} onChange={(src) => setAttributes({ src })} />}
      {ATTRIBUTES[block.type].map((field) => (
        <AttributeInput key={field.attribute} field={field} value={block.props.attributes[field.attribute] ?? ""} onChange={(value) => setAttributes({ [field.attribute]: value })} onCursor={onCursor} />
      ))}
    </Stack>
  );
}

function MainFields({ block, change, onCursor }: { block: Block; change: (props: object) => void; onCursor: CursorListener }) {
  const setText = (text: string) => change({ text });
  switch (block.type) {
    case "Heading":
      return (
        <>
          <Line label="Words" value={block.props.text} onChange={setText} onCursor={onCursor} />
          <Select label="Level" allowDeselect={false} data={["1", "2", "3"]} value={String(block.props.level)} onChange={(level) => change({ level: Number(level) })} />
        </>
      );
    case "Button": return <Line label="Words" value={block.props.text} onChange={setText} onCursor={onCursor} />;
    case "Text": return <RichText value={block.props.text} onChange={setText} onCursor={onCursor} />;
    case "Html": return <Source label="HTML of the block" value={block.props.text} onChange={setText} onCursor={onCursor} />;
    case "Code":
    case "Part": return <Source label="MJML of the block" value={block.props.text} onChange={setText} onCursor={onCursor} />;
    case "Columns":
      return <Select label="Columns beside each other" allowDeselect={false} data={["1", "2", "3", "4"]} value={String(block.props.columns.length)} onChange={(count) => change({ columns: withCount(block.props.columns, Number(count)) })} />;
    default: return null;
  }
}

/** As many columns as asked for; what stood in those that go, goes into the last one that stays. */
function withCount(columns: ColumnProps[], count: number): ColumnProps[] {
  const kept = columns.slice(0, count);
  while (kept.length < count) kept.push({ attributes: {}, content: [] });
  const rest = columns.slice(count).flatMap((one) => one.content);
  return kept.map((one, index) => (index === count - 1 ? { ...one, content: [...one.content, ...rest] } : one));
}

interface InputProps {
  label: string;
  hint?: string | undefined;
  value: string;
  onChange: (value: string) => void;
  onCursor: CursorListener;
}

function Line({ label, hint, value, onChange, onCursor }: InputProps) {
  return <TextInput label={label} placeholder={hint} value={value} onChange={(event) => onChange(event.currentTarget.value)} {...useCursor<HTMLInputElement>(onChange, onCursor)} />;
}

function Source({ label, value, onChange, onCursor }: InputProps) {
  return (
    <Textarea label={label} autosize minRows={5} maxRows={16} spellCheck={false} classNames={{ input: "code-input" }} value={value} onChange={(event) => onChange(event.currentTarget.value)} {...useCursor<HTMLTextAreaElement>(onChange, onCursor)} />
  );
}

const SIDES = [{ value: "left", label: "Left" }, { value: "center", label: "In the middle" }, { value: "right", label: "Right" }];

function AttributeInput({ field, ...rest }: Omit<InputProps, "label"> & { field: AttributeField }) {
  if (field.kind === "colour") return <ColorInput label={field.label} withEyeDropper={false} fixOnBlur={false} popoverProps={{ withinPortal: true }} value={rest.value} onChange={rest.onChange} />;
  if (field.kind === "align") return <Select label={field.label} placeholder="As usual" clearable clearButtonProps={{ "aria-label": "As usual" }} data={SIDES} value={rest.value || null} onChange={(value) => rest.onChange(value ?? "")} />;
  return <Line label={field.label} hint={field.hint} {...rest} />;
}

/** A picture that Paceline hosts. */
function FileField({ value, onChange }: { value: string; onChange: (address: string) => void }) {
  const pictures = useFilesChoice().filter((one) => one.media_type.startsWith("image/"));
  if (pictures.length === 0) return null;
  return <Select label="One of your files" searchable data={pictures.map((one) => ({ value: one.url, label: one.name }))} value={pictures.some((one) => one.url === value) ? value : null} onChange={(address) => address && onChange(address)} />;
}
