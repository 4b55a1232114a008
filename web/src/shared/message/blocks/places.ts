// Where blocks stand, in Puck's words: the zone of the message, or that of a column, and the number in it.
import type { Block, Kind } from "./blocks";

export interface Place {
  zone: string;
  index: number;
}

export interface PlacedBlock extends Place {
  block: Block;
  /** The columns that it stands in, with its column's number. */
  parent: { index: number; columns: ColumnsBlock; column: number } | null;
}

type ColumnsBlock = Extract<Block, { type: "Columns" }>;

export const ROOT = "root:default-zone";

const columnZone = (columns: ColumnsBlock, column: number) => `${columns.props.id}:columns[${column}].content`;
const fitsColumns = (kind: Kind) => kind !== "Columns" && kind !== "Part";

/** Every block in the order in which it is read. */
export function placedBlocks(blocks: readonly Block[]): PlacedBlock[] {
  return blocks.flatMap((block, index): PlacedBlock[] => {
    const here = { block, zone: ROOT, index, parent: null };
    if (block.type !== "Columns") return [here];
    const inside = block.props.columns.flatMap((one, column) => one.content.map((inner, place) => ({ block: inner, zone: columnZone(block, column), index: place, parent: { index, columns: block, column } })));
    return [here, ...inside];
  });
}

/** One step towards the beginning (-1) or the end (1), through columns on the way; null at the end. */
export function stepOf({ block, zone, index, parent }: PlacedBlock, blocks: readonly Block[], direction: -1 | 1): Place | null {
  const forward = direction === 1;
  if (!parent) {
    const neighbour = blocks[index + direction];
    if (!neighbour) return null;
    if (neighbour.type !== "Columns" || !fitsColumns(block.type)) return { zone, index: index + direction };
    return endOf(neighbour, forward ? 0 : neighbour.props.columns.length - 1, forward);
  }
  const { columns, column } = parent;
  const length = columns.props.columns[column]?.content.length ?? 0;
  if (index + direction >= 0 && index + direction < length) return { zone, index: index + direction };
  if (columns.props.columns[column + direction]) return endOf(columns, column + direction, forward);
  return { zone: ROOT, index: parent.index + (forward ? 1 : 0) };
}

function endOf(columns: ColumnsBlock, column: number, first: boolean): Place {
  return { zone: columnZone(columns, column), index: first ? 0 : (columns.props.columns[column]?.content.length ?? 0) };
}

/** Where a new block goes: into the first empty one of the chosen columns, else behind the chosen block. */
export function placeOfNew(kind: Kind, chosen: PlacedBlock | undefined, blocks: readonly Block[]): Place {
  if (!chosen) return { zone: ROOT, index: blocks.length };
  if (chosen.block.type === "Columns" && fitsColumns(kind)) {
    const empty = chosen.block.props.columns.findIndex((one) => one.content.length === 0);
    if (empty >= 0) return endOf(chosen.block, empty, true);
  }
  if (chosen.parent && !fitsColumns(kind)) return { zone: ROOT, index: chosen.parent.index + 1 };
  return { zone: chosen.zone, index: chosen.index + 1 };
}
