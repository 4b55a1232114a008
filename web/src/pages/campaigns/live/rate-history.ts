// How fast it went lately: taken from the counts that the feed brings, while the page is open.
import { useEffect, useRef, useState } from "react";

export interface RatePoint {
  at: number;
  perSecond: number;
}

const POINTS = 180;
const EVERY_MS = 1000;
const OVER_MS = 5000; // one second alone jumps

/** A point a second, each the mean of the last five; the newest last. */
export function useRateHistory(ended: number, running: boolean): RatePoint[] {
  const newest = useRef(ended);
  newest.current = ended;
  const seen = useRef<{ at: number; ended: number }[]>([]);
  const [points, setPoints] = useState<RatePoint[]>([]);
  useEffect(() => {
    if (!running) return;
    const look = () => {
      const at = Date.now();
      seen.current = [...seen.current.filter((one) => at - one.at <= OVER_MS), { at, ended: newest.current }];
      const first = seen.current[0];
      if (!first || at - first.at < EVERY_MS / 2) return;
      const perSecond = Math.max(0, (1000 * (newest.current - first.ended)) / (at - first.at));
      setPoints((before) => [...before.slice(1 - POINTS), { at, perSecond }]);
    };
    look();
    const timer = setInterval(look, EVERY_MS);
    return () => clearInterval(timer);
  }, [running]);
  return points;
}
