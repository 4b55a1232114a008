// A message as blocks: what can be added, the blocks, and what can be said about the chosen one.
import { ActionIcon, Button, Group, Paper, Select, Stack, Text, Tooltip } from "@mantine/core";
import "@puckeditor/core/no-external.css";
import { createUsePuck, Drawer, Puck, type Config, type Data } from "@puckeditor/core";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";

import { Icon, type IconName } from "../../icons";
import { readBlocks, writeBlocks, type Block, type Kind } from "./blocks";
import "./blocks.css";
import "./dragging";
import { ADDABLE, config, KINDS } from "./canvas";
import type { CursorListener } from "./cursor";
import { BlockFields } from "./fields";
import { placedBlocks, placeOfNew, stepOf, type Place, type PlacedBlock } from "./places";

interface BlockEditorProps {
  /** Read once; what comes out is MJML again. */
  mjml: string;
  onChange: (mjml: string) => void;
  onCursor: CursorListener;
}

const IN_THE_PAGE = { enabled: false };
/** The buttons above the blocks do the same, and cover none of them. */
const OVERRIDES = { actionBar: () => <></> };
const usePuck = createUsePuck();
const blocksOf = (data: Data) => data.content as unknown as Block[];

export default function BlockEditor({ mjml, onChange, onCursor }: BlockEditorProps) {
  const [document] = useState(() => readBlocks(mjml));
  const written = useRef(document && writeBlocks(document));
  useKeysOfTexts();
  if (!document) {
    return <Text size="sm" role="status">This MJML cannot be shown as blocks: something in it is not closed, or stands where no element can be. Mend it in MJML, then come back.</Text>;
  }
  const changed = (data: Data) => {
    const now = writeBlocks({ ...document, blocks: blocksOf(data) });
    if (now !== written.current) onChange((written.current = now));
  };
  const data = { root: { props: {} }, content: document.blocks } as unknown as Data;
  return (
    <Puck config={config as unknown as Config} data={data} onChange={changed} iframe={IN_THE_PAGE} overrides={OVERRIDES}>
      <Stack gap="sm">
        <Palette />
        <Chosen onCursor={onCursor} />
      </Stack>
    </Puck>
  );
}

/** Puck listens to the whole page: in a text, undoing and italics belong to the text. */
function useKeysOfTexts() {
  useEffect(() => {
    const keep = (event: globalThis.KeyboardEvent) => {
      const text = event.target instanceof HTMLElement && (event.target.isContentEditable || event.target.matches("input, textarea"));
      const key = event.key.toLowerCase();
      if ((event.ctrlKey || event.metaKey) && (key === "i" || (text && (key === "z" || key === "y")))) event.stopPropagation();
    };
    document.documentElement.addEventListener("keydown", keep);
    return () => document.documentElement.removeEventListener("keydown", keep);
  }, []);
}

/** What is in the editor now, and which block is chosen. */
function useBlocks() {
  const data = usePuck((puck) => puck.appState.data);
  const chosenId = usePuck((puck) => (puck.selectedItem ? String(puck.selectedItem.props.id) : null));
  const dispatch = usePuck((puck) => puck.dispatch);
  const blocks = blocksOf(data);
  const placed = placedBlocks(blocks);
  const choose = (place: Place | null) => dispatch({ type: "setUi", ui: { itemSelector: place } });
  return { blocks, placed, chosen: placed.find((one) => one.block.props.id === chosenId), choose, dispatch };
}

function Palette() {
  const { blocks, chosen, choose, dispatch } = useBlocks();
  const add = (kind: Kind) => {
    const { zone, index } = placeOfNew(kind, chosen, blocks);
    dispatch({ type: "insert", componentType: kind, destinationZone: zone, destinationIndex: index });
    choose({ zone, index });
  };
  return (
    <div role="group" aria-label="Add a block">
      <Text size="sm" fw={500} mb={4}>Add a block</Text>
      <Drawer>
        {ADDABLE.map((kind) => (
          <div key={kind} className="block-offer">
            <Drawer.Item name={kind}>{() => <span className="block-grip" aria-hidden="true" />}</Drawer.Item>
            <Button size="compact-sm" variant="default" onClick={() => add(kind)}>{KINDS[kind]}</Button>
          </div>
        ))}
      </Drawer>
    </div>
  );
}

function Chosen({ onCursor }: { onCursor: CursorListener }) {
  const { blocks, placed, chosen, choose, dispatch } = useBlocks();
  const move = (place: Place | null) => {
    if (!chosen || !place) return;
    if (place.zone === chosen.zone) dispatch({ type: "reorder", sourceIndex: chosen.index, destinationIndex: place.index, destinationZone: place.zone });
    else dispatch({ type: "move", sourceIndex: chosen.index, sourceZone: chosen.zone, destinationIndex: place.index, destinationZone: place.zone });
    choose(place);
  };
  const replace = (block: Block) => chosen && dispatch({ type: "replace", destinationIndex: chosen.index, destinationZone: chosen.zone, data: block as never });
  const fields = useRef<HTMLElement>(null);
  const write = () => fields.current?.querySelector<HTMLElement>("input, textarea, [contenteditable]")?.focus();
  const before = chosen && stepOf(chosen, blocks, -1);
  const after = chosen && stepOf(chosen, blocks, 1);
  return (
    <>
      <Group gap={4} align="flex-end" wrap="nowrap">
        <Select className="grow" label="Chosen block" size="xs" placeholder="None" value={chosen ? chosen.block.props.id : null} data={placed.map((one, index) => ({ value: one.block.props.id, label: nameOf(one, index) }))}
          onChange={(id) => choose(placed.find((one) => one.block.props.id === id) ?? null)} />
        <Act icon="up" label="Move it up" disabled={!before} onClick={() => move(before ?? null)} />
        <Act icon="down" label="Move it down" disabled={!after} onClick={() => move(after ?? null)} />
        <Act icon="copy" label="Copy it" disabled={!chosen} onClick={() => chosen && dispatch({ type: "duplicate", sourceIndex: chosen.index, sourceZone: chosen.zone })} />
        <Act icon="trash" label="Remove it" disabled={!chosen} onClick={() => chosen && dispatch({ type: "remove", index: chosen.index, zone: chosen.zone })} />
        <History />
      </Group>
      <span className="visually-hidden" role="status">{chosen && `${nameOf(chosen, placed.indexOf(chosen))}, of ${placed.length}`}</span>
      <Canvas placed={placed} chosen={chosen} choose={choose} onEnter={write} />
      {chosen && <Paper ref={fields} withBorder p="sm" component="section" aria-label="The chosen block"><BlockFields key={chosen.block.props.id} block={chosen.block} onChange={replace} onCursor={onCursor} /></Paper>}
    </>
  );
}

interface CanvasProps {
  placed: readonly PlacedBlock[];
  chosen: PlacedBlock | undefined;
  choose: (place: Place) => void;
  onEnter: () => void;
}

const STEPS: Record<string, -1 | 1> = { ArrowUp: -1, ArrowDown: 1 };

/** One stop of Tab for all blocks, which Puck makes none of: arrows choose, Enter goes to the fields, Delete removes (Puck's own key). */
function Canvas({ placed, chosen, choose, onEnter }: CanvasProps) {
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = STEPS[event.key];
    if (event.target !== event.currentTarget || (!step && event.key !== "Enter")) return;
    event.preventDefault();
    if (!step) return onEnter();
    const next = placed.at(chosen ? Math.max(0, placed.indexOf(chosen) + step) : Math.min(0, step));
    if (!next) return;
    choose(next);
    event.currentTarget.querySelector(`[data-puck-component="${next.block.props.id}"]`)?.scrollIntoView({ block: "nearest" });
  };
  return <div className="block-canvas" role="region" aria-label="The blocks" aria-keyshortcuts="ArrowUp ArrowDown Enter Delete" tabIndex={0} onKeyDown={onKeyDown}><Puck.Preview /></div>;
}

function History() {
  const history = usePuck((puck) => puck.history);
  return (
    <>
      <Act icon="undo" label="Undo" disabled={!history.hasPast} onClick={history.back} />
      <Act icon="redo" label="Redo" disabled={!history.hasFuture} onClick={history.forward} />
    </>
  );
}

function Act({ icon, label, disabled, onClick }: { icon: IconName; label: string; disabled: boolean; onClick: () => void }) {
  return <Tooltip label={label}><ActionIcon variant="default" size={30} aria-label={label} disabled={disabled} onClick={onClick}><Icon name={icon} size={15} /></ActionIcon></Tooltip>;
}

const LONGEST_NAME = 40;

function nameOf({ block, parent }: PlacedBlock, index: number): string {
  const said = block.type === "Columns" ? "" : block.type === "Image" ? (block.props.attributes.alt ?? "") : block.props.text.replace(/<[^>]*>/g, " ").trim();
  const where = parent ? `, column ${parent.column + 1}` : "";
  return `${index + 1}. ${KINDS[block.type]}${where}${said ? `: ${said.slice(0, LONGEST_NAME)}` : ""}`;
}
