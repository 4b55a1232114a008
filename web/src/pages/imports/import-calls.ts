// What the import asks of the API.
import { answer, api, upload, type Schemas } from "../../api/client";

export type FilePreview = Schemas["paceline__api__schemas__imports__PreviewAnswer"];
export type Import = Schemas["ImportAnswer"];

export const ENDED_IMPORTS: readonly string[] = ["completed", "failed", "cancelled"];

const HEAD_BYTES = 256 * 1024;

/** The first rows of a file. Of text the beginning is enough; a spreadsheet is sent as a whole. */
export async function previewFile(file: File, onProgress: (share: number) => void): Promise<FilePreview> {
  const form = new FormData();
  form.append("file", await head(file), file.name);
  return upload("/api/v1/imports/preview", form, onProgress);
}

/** The beginning of a text up to the end of a line; UTF-16, whose ends of lines are two bytes, stays whole. */
async function head(file: File): Promise<Blob> {
  if (/\.xls[xmb]?$/i.test(file.name) || file.size <= HEAD_BYTES) return file;
  const start = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const isUtf16 = (start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff);
  const end = start.lastIndexOf(0x0a);
  return isUtf16 || end < 0 ? file : file.slice(0, end + 1);
}

export interface Wanted {
  file: File;
  listId: string | null;
  listName: string;
  mapping: Record<string, string>;
  mode: Import["mode"];
  consent: string;
}

export function startImport(wanted: Wanted, onProgress: (share: number) => void): Promise<Import> {
  const form = new FormData();
  form.append("file", wanted.file, wanted.file.name);
  if (wanted.listId) form.append("list_id", wanted.listId);
  else form.append("list_name", wanted.listName);
  form.append("mapping", JSON.stringify(wanted.mapping));
  form.append("mode", wanted.mode);
  if (wanted.consent) form.append("consent", wanted.consent);
  return upload("/api/v1/imports", form, onProgress);
}

export const readImport = (id: string): Promise<Import> => answer(api.GET("/api/v1/imports/{import_id}", { params: { path: { import_id: id } } }));
