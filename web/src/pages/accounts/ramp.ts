// A warm-up ramp as fields, and as the one line of text that the API takes.

export interface Ramp {
  kind: "none" | "linear" | "percentage" | "table";
  first: number;
  step: number;
  /** 0: without end. */
  until: number;
  days: string[];
}

const GROWING = /^(\d+) \+([\d.]+)(%?)(?: until (\d+))?$/;
const USUAL: Ramp = { kind: "none", first: 50, step: 25, until: 500, days: [] };

/** Of "50 +25 until 500", "50 +20% until 5000" or "20, 40, 80". */
export function readRamp(text: string): Ramp {
  const growing = GROWING.exec(text);
  if (growing) return { ...USUAL, kind: growing[3] ? "percentage" : "linear", first: Number(growing[1]), step: Number(growing[2]), until: Number(growing[4] ?? 0) };
  return text ? { ...USUAL, kind: "table", days: text.split(", ") } : USUAL;
}

/** The text of a ramp; empty without one. */
export function rampText({ kind, first, step, until, days }: Ramp): string {
  if (kind === "none") return "";
  if (kind === "table") return days.join(", ");
  return `${first} +${step}${kind === "percentage" ? "%" : ""}${until ? ` until ${until}` : ""}`;
}
