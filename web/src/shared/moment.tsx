// Instants on a page: short to read, in full on hover and focus, and counting down where they lie ahead.
import { Text, Tooltip, type TextProps } from "@mantine/core";
import { useEffect, useState } from "react";

import { fullMoment, moment, relative, span } from "./format";

interface MomentProps extends TextProps {
  at: string | null;
  /** How to write it: as a time, or how far away it is. */
  as?: "time" | "relative";
}

/** An instant in the person's own time zone; a dash where there is none. */
export function Moment({ at, as = "time", ...rest }: MomentProps) {
  const now = useNow(as === "relative" ? 10_000 : 60_000);
  if (at === null) return <Text component="span" inherit={rest.size === undefined} c="dimmed" {...rest}>–</Text>;
  return (
    <Tooltip label={fullMoment(at)}>
      <Text component="time" dateTime={at} inherit={rest.size === undefined} className="figures" {...rest}>
        {as === "relative" ? relative(at, now) : moment(at, now)}
      </Text>
    </Tooltip>
  );
}

/** The time until an instant, second by second; "now" once it is there. */
export function Countdown({ to }: { to: string }) {
  const now = useNow(1000);
  const left = (new Date(to).getTime() - now) / 1000;
  return <span className="figures">{left > 0 ? span(left) : "now"}</span>;
}

/** The time now, renewed every so many milliseconds. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
