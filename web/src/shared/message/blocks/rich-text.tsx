// The text of a block: paragraphs, lists, links, bold and italics. What else is pasted comes in as plain text.
import { ActionIcon, Box, Button, Group, Input, TextInput } from "@mantine/core";
import { EditorContent, useEditor, useEditorState, type Editor } from "@tiptap/react";
import StarterKit from "@tiptap/starter-kit";
import { useEffect, useId, useRef, useState } from "react";

import { Icon } from "../../icons";
import type { CursorListener } from "./cursor";
import { asHtml, asTemplate } from "./mjml";

const NOT_IN_MAILS = { blockquote: false, code: false, codeBlock: false, heading: false, horizontalRule: false, dropcursor: false, gapcursor: false, trailingNode: false } as const;
const EXTENSIONS = [StarterKit.configure({ ...NOT_IN_MAILS, link: { openOnClick: false, autolink: false, HTMLAttributes: { target: null, rel: null, class: null } } })];

interface RichTextProps {
  value: string;
  onChange: (html: string) => void;
  onCursor: CursorListener;
}

export function RichText({ value, onChange, onCursor }: RichTextProps) {
  const labelId = useId();
  const written = useRef(value);
  const change = useRef(onChange);
  change.current = onChange;
  const editor = useEditor({
    extensions: EXTENSIONS,
    content: asHtml(value),
    injectCSS: false, // its style would lack the nonce; styles.css has it
    editorProps: {
      attributes: { class: "rich-text", role: "textbox", "aria-multiline": "true", "aria-labelledby": labelId },
      transformPastedHTML: (html) => html.replace(/\sstyle=("[^"]*"|'[^']*')/gi, ""),
    },
    onUpdate: ({ editor: changed }) => change.current((written.current = asTemplate(changed.getHTML()))),
    onFocus: ({ editor: focused }) => onCursor((words) => focused.chain().focus().insertContent({ type: "text", text: words }).run()),
  });
  useEffect(() => {
    if (value === written.current) return; // what was undone comes from outside
    written.current = value;
    editor?.commands.setContent(asHtml(value), { emitUpdate: false });
  }, [editor, value]);
  useEffect(() => () => onCursor(null), [onCursor]);
  return (
    <Box>
      <Input.Label id={labelId} component="div">Text</Input.Label>
      {editor && <Tools editor={editor} />}
      <EditorContent editor={editor} />
    </Box>
  );
}

function Tools({ editor }: { editor: Editor }) {
  const [address, setAddress] = useState<string | null>(null);
  const active = useEditorState({
    editor,
    selector: ({ editor: now }) => ({ bold: now.isActive("bold"), italic: now.isActive("italic"), bullets: now.isActive("bulletList"), numbers: now.isActive("orderedList"), link: now.isActive("link") }),
  });
  const run = () => editor.chain().focus();
  const setLink = () => {
    const chain = run().extendMarkRange("link");
    (address?.trim() ? chain.setLink({ href: address.trim() }) : chain.unsetLink()).run();
    setAddress(null);
  };
  const tools = [
    { label: "Bold", sign: <b>B</b>, on: active.bold, act: () => run().toggleBold().run() },
    { label: "Italics", sign: <i>I</i>, on: active.italic, act: () => run().toggleItalic().run() },
    { label: "Bulleted list", sign: <Icon name="list" size={16} />, on: active.bullets, act: () => run().toggleBulletList().run() },
    { label: "Numbered list", sign: <Icon name="numbers" size={16} />, on: active.numbers, act: () => run().toggleOrderedList().run() },
    { label: "Link", sign: "↗", on: active.link, act: () => setAddress(String(editor.getAttributes("link").href ?? "https://")) },
  ];
  return (
    <>
      <Group gap={4} mb={4} role="group" aria-label="How the text looks">
        {tools.map((one) => <ActionIcon key={one.label} variant={one.on ? "filled" : "default"} aria-label={one.label} aria-pressed={one.on} onClick={one.act}><span aria-hidden="true">{one.sign}</span></ActionIcon>)}
      </Group>
      {address !== null && (
        <Group gap="xs" mb={4} align="flex-end" wrap="nowrap">
          <TextInput size="xs" className="grow" label="Address of the link" data-autofocus autoFocus value={address} onChange={(event) => setAddress(event.currentTarget.value)}
            onKeyDown={(event) => { if (event.key === "Enter") { event.preventDefault(); setLink(); } }} />
          <Button size="xs" variant="default" onClick={setLink}>{address.trim() ? "Set the link" : "Remove the link"}</Button>
        </Group>
      )}
    </>
  );
}
