// States as coloured words; the colour never says anything that the word does not.
import { Badge } from "@mantine/core";

const COLOURS: Record<string, string> = {
  running: "teal", completed: "blue", scheduled: "violet", draft: "gray", paused: "yellow", paused_limits: "yellow",
  paused_health: "red", stopped: "gray",
  ready: "teal", limited: "yellow", backing_off: "orange", broken: "red", disabled: "gray",
  queued: "gray", sending: "teal", deferred: "yellow", sent: "blue", failed: "red", skipped: "gray", uncertain: "orange",
  cancelled: "gray",
};

const WORDS: Record<string, string> = {
  paused_limits: "paused: limits", paused_health: "paused: health", backing_off: "backing off",
};

/** A state of a campaign, an account, a message, or of anything that is called like one. */
export function StateBadge({ state, size = "md" }: { state: string; size?: "xs" | "sm" | "md" | "lg" }) {
  return (
    <Badge variant="light" color={COLOURS[state] ?? "gray"} size={size} className="state-badge">
      {WORDS[state] ?? state.replaceAll("_", " ")}
    </Badge>
  );
}

/** A state in words. */
export const stateWords = (state: string): string => WORDS[state] ?? state.replaceAll("_", " ");
