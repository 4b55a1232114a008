// What a page can do without for a moment: so that opening it is several short tasks and not one long one.
import { useDeferredValue, type ReactNode } from "react";

/** Draws its children after everything around them, bit by bit, and lets clicks and keys through meanwhile. */
export function Later({ children }: { children: ReactNode }) {
  return useDeferredValue(true, false) ? children : null;
}
