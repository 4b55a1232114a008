// How fast it went: the server's record, which outlives the page, and behind it second by second what the feed brings.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";

import { answer, api } from "../../../api/client";
import type { RateStep } from "../../../shared/rate-chart";

const POINTS = 180;
const EVERY_MS = 1000;
const OVER_MS = 5000; // one second alone jumps
const SLOW_OVER_MS = 60_000;
const SLOW_LEAST_MS = 15_000; // one message in a page's first second is no sixty a minute
const SLOW = 60; // messages in the longer time: below one a second, a few seconds jump between none and many
const ASK_EVERY_MS = 10_000;

export type RateRange = "hour" | "all";

/** The steps of a chart, the oldest first. */
export function useRateSteps(campaignId: string, range: RateRange, status: string, lately: readonly RateStep[]): RateStep[] {
  const running = status === "running";
  const record = useQuery({
    queryKey: ["rates", campaignId, range, status],
    queryFn: async () => {
      const query = range === "hour" ? { last_seconds: 3600 } : {};
      const { items } = await answer(api.GET("/api/v1/campaigns/{campaign_id}/rates", { params: { path: { campaign_id: campaignId }, query } }));
      return items.map((one) => ({ start: new Date(one.start_at).getTime(), end: new Date(one.end_at).getTime(), perSecond: one.per_second }));
    },
    refetchInterval: (asked) => (running || asked.state.data?.length === 0 ? ASK_EVERY_MS : false), // what has just ended is on record in a moment
    placeholderData: (before) => before,
  });
  return useMemo(() => joined(record.data ?? [], lately), [record.data, lately]);
}

/** Where both know something the finer one counts. */
function joined(record: readonly RateStep[], lately: readonly RateStep[]): RateStep[] {
  const first = lately[0];
  if (!first) return [...record];
  const before = record.filter((one) => one.start < first.start).map((one) => ({ ...one, end: Math.min(one.end, first.start) }));
  const last = before[before.length - 1];
  if (last && last.end < first.start) before[before.length - 1] = { ...last, end: first.start };
  return [...before, ...lately];
}

/** What the feed has told while the page is open: a step a second, each the mean of the last five, of the last minute where little is sent; the newest last. */
export function useLatelyRates(ended: number, running: boolean): RateStep[] {
  const newest = useRef(ended);
  newest.current = ended;
  const seen = useRef<{ at: number; ended: number }[]>([]);
  const [steps, setSteps] = useState<RateStep[]>([]);
  useEffect(() => {
    if (!running) return;
    seen.current = [];
    setSteps([]);
    const look = () => {
      const at = Date.now();
      seen.current = [...seen.current.filter((one) => at - one.at <= SLOW_OVER_MS), { at, ended: newest.current }];
      const [oldest] = seen.current;
      const isSlow = oldest !== undefined && newest.current - oldest.ended < SLOW;
      const first = isSlow ? oldest : seen.current.find((one) => at - one.at <= OVER_MS);
      if (!first || at - first.at < (isSlow ? SLOW_LEAST_MS : EVERY_MS / 2)) return;
      const perSecond = Math.max(0, (1000 * (newest.current - first.ended)) / (at - first.at));
      setSteps((before) => [...before.slice(1 - POINTS), { start: before[before.length - 1]?.end ?? first.at, end: at, perSecond }]);
    };
    look();
    const timer = setInterval(look, EVERY_MS);
    return () => clearInterval(timer);
  }, [running]);
  return steps;
}
