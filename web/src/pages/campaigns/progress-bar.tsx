// How far a campaign is: every message has its place in one bar.
import { Tooltip } from "@mantine/core";

import { count, percent } from "../../shared/format";

/** Counts by message state. */
export type Counts = Partial<Record<MessageState, number>>;
export const MESSAGE_STATES = ["sent", "uncertain", "failed", "skipped", "cancelled", "sending", "deferred", "queued"] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

const ENDED: readonly MessageState[] = ["sent", "uncertain", "failed", "skipped", "cancelled"];

export const totalOf = (counts: Counts): number => MESSAGE_STATES.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
export const endedOf = (counts: Counts): number => ENDED.reduce((sum, state) => sum + (counts[state] ?? 0), 0);

/** The bar; its words name every state that has messages. */
export function ProgressBar({ counts, size = 8 }: { counts: Counts; size?: number }) {
  const total = totalOf(counts);
  const shown = MESSAGE_STATES.filter((state) => (counts[state] ?? 0) > 0);
  const words = shown.map((state) => `${count(counts[state] ?? 0)} ${state}`).join(", ") || "nothing yet";
  return (
    <Tooltip label={words}>
      <div className="progress" style={{ height: size }} role="progressbar" tabIndex={0} aria-label={words} aria-valuemin={0} aria-valuemax={total || 1}
        aria-valuenow={endedOf(counts)} aria-valuetext={`${percent(endedOf(counts), total)}: ${words}`}>
        {shown.map((state) => <div key={state} data-state={state} style={{ width: `${(100 * (counts[state] ?? 0)) / total}%` }} />)}
      </div>
    </Tooltip>
  );
}
