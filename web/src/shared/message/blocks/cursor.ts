// Where a field of the contact goes: into the input of a block that had the focus last.
import { useEffect, useRef } from "react";

/** Told how to insert words where the cursor is; null: there is no such place any more. */
export type CursorListener = (insert: ((words: string) => void) | null) => void;

/** For an input or a textarea whose value its parent holds. */
export function useCursor<T extends HTMLInputElement | HTMLTextAreaElement>(onChange: (value: string) => void, onCursor: CursorListener) {
  const ref = useRef<T>(null);
  useEffect(() => () => onCursor(null), [onCursor]);
  const insert = (words: string) => {
    const input = ref.current;
    if (!input) return;
    onChange(input.value.slice(0, input.selectionStart ?? undefined) + words + input.value.slice(input.selectionEnd ?? input.value.length));
    input.focus();
  };
  return { ref, onFocus: () => onCursor(insert) };
}
