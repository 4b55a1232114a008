// Causes of a standstill put together: of a thousand accounts at their daily limit, one line.
import type { Cause } from "../campaign-calls";

export interface CauseGroup {
  key: string;
  /** In the order of the API: those with most effect first. */
  causes: Cause[];
  /** What all of them have in common, without names; figures only where they are the same for all. */
  words: string;
  /** When the first and the last of them go on; null: nobody knows, or not all end by themselves. */
  first: string | null;
  last: string | null;
}

const MOMENT = /[,;] (?:next message|tried again) .*$/;
/** What pages have buttons for. */
const COMMANDS = /[;:,][^;:,]*`paceline (?:resume|accounts enable|messages|resolve) [^`]*`[^;]*$/;
const FIGURES = /\s?\b\d[\d.,]*\b/g;

/** Groups in the order of their first cause. What is about no account stands alone. */
export function groupCauses(causes: readonly Cause[]): CauseGroup[] {
  const found = new Map<string, { causes: Cause[]; said: Set<string> }>();
  causes.forEach((cause, index) => {
    const said = sharedWords(cause);
    const key = cause.account === null ? `${index} ${cause.cause}` : `${cause.cause} ${said.replace(FIGURES, "")}`;
    const group = found.get(key) ?? { causes: [], said: new Set() };
    group.causes.push(cause);
    group.said.add(said);
    found.set(key, group);
  });
  return [...found].map(([key, { causes: members, said }]) => {
    const [words = ""] = said;
    const untils = members.map((cause) => cause.until).filter((until) => until !== null).sort();
    const all = untils.length === members.length;
    return { key, causes: members, words: said.size === 1 ? words : words.replace(FIGURES, ""), first: all ? (untils[0] ?? null) : null, last: all ? (untils.at(-1) ?? null) : null };
  });
}

/** A sentence as pages show it: without a moment that stands beside it in the person's own zone, and without commands. */
export function pageWords({ sentence, until }: Cause): string {
  const words = sentence.replace(COMMANDS, "");
  return until === null ? words : words.replace(MOMENT, "");
}

/** A sentence without the account's name and its own moment. */
function sharedWords(cause: Cause): string {
  const words = pageWords(cause);
  const { account } = cause;
  if (account === null) return words;
  return (words.startsWith(`${account}: `) ? words.slice(account.length + 2) : words).replace(MOMENT, "");
}
