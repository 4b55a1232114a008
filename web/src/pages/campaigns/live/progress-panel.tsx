// The instruments of a campaign: how far, how fast, how long still, and every message in its state.
import { Group, SimpleGrid, Text } from "@mantine/core";

import { count, percent, plural, rate, span } from "../../../shared/format";
import { Moment, useNow } from "../../../shared/moment";
import type { Progress } from "../campaign-calls";
import type { Forecast } from "../forecast-panel";
import { endedOf, MESSAGE_STATES, ProgressBar } from "../progress-bar";
import { useLatelyRates } from "./rate-history";
import { RatePanel } from "./rate-panel";

interface ProgressPanelProps {
  campaignId: string;
  progress: Progress;
  status: string;
  forecast?: Forecast;
}

export function ProgressPanel({ campaignId, progress, status, forecast }: ProgressPanelProps) {
  const running = status === "running";
  const ended = endedOf(progress);
  const lately = useLatelyRates(ended, running);
  const perSecond = lately[lately.length - 1]?.perSecond ?? 0;
  const left = progress.total - ended;
  return (
    <section className="surface panel" aria-label="Progress">
      <Group justify="space-between" align="baseline" gap="xs">
        <Text component="p" m={0} className="figures big">{percent(ended, progress.total)}</Text>
        <Text c="dimmed" className="figures" size="sm">{count(ended)} of {plural(progress.total, "message")}{progress.refused > 0 ? `, ${plural(progress.refused, "row")} refused` : ""}</Text>
      </Group>
      <ProgressBar counts={progress} size={14} />
      <Legend progress={progress} />
      <SimpleGrid cols={{ base: 2, sm: 4 }} mt="md" spacing="md">
        <Instrument label={running ? "Now" : "Mean rate"} value={running && lately.length > 0 ? rate(perSecond) : rate(progress.rate_per_second)} />
        <Instrument label={running ? "Time left" : progress.finished_at ? "Took" : "Since the start"} value={running ? (forecast?.finish_at ? <Until at={forecast.finish_at} /> : remaining(left, perSecond, progress.rate_per_second)) : <Elapsed progress={progress} />} />
        <Instrument label="Started" value={<Moment at={progress.started_at} />} />
        <Instrument label={progress.finished_at ? "Ended" : progress.delivered > 0 ? "Delivered, bounced" : "Bounced"} value={progress.finished_at ? <Moment at={progress.finished_at} /> : progress.delivered > 0 ? `${count(progress.delivered)}, ${count(progress.bounced)}` : count(progress.bounced)} />
      </SimpleGrid>
      <RatePanel campaignId={campaignId} status={status} startedAt={progress.started_at} finishedAt={progress.finished_at} lately={lately} />
    </section>
  );
}

function Instrument({ label, value }: { label: string; value: React.ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">{label}</Text>
      <Text fw={600} className="figures" component="div">{value}</Text>
    </div>
  );
}

function Elapsed({ progress }: { progress: Progress }) {
  const now = useNow(1000);
  if (!progress.started_at) return <>–</>;
  const end = progress.finished_at ? new Date(progress.finished_at).getTime() : now;
  return <>{span((end - new Date(progress.started_at).getTime()) / 1000)}</>;
}

/** What the forecast says, which knows limits and windows; the rate of now does not. */
function Until({ at }: { at: string }) {
  const now = useNow(1000);
  return <>{span((new Date(at).getTime() - now) / 1000)}</>;
}

function remaining(left: number, now: number, mean: number): string {
  const perSecond = now > 0 ? now : mean;
  return perSecond > 0 ? span(left / perSecond) : "not known yet";
}

function Legend({ progress }: { progress: Progress }) {
  return (
    <Group component="ul" gap="md" className="legend">
      {MESSAGE_STATES.filter((state) => progress[state] > 0).map((state) => (
        <li key={state} data-state={state}><span className="dot" aria-hidden="true" /><span className="figures">{count(progress[state])}</span> {state}</li>
      ))}
    </Group>
  );
}
