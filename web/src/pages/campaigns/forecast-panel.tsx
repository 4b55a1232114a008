// When a campaign will finish, where it will rest on the way, and what holds it up most.
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { answer, api, type Schemas } from "../../api/client";
import { useLiveOutlook } from "../../api/feed";
import { count, day, moment } from "../../shared/format";
import { Moment } from "../../shared/moment";
import { stateWords } from "../../shared/state-badge";

export type Forecast = Schemas["ForecastAnswer"];

/** The forecast from now on; nothing changes by asking. */
export function useForecast(id: string) {
  return useQuery(query(id, false));
}

const query = (id: string, everyMs: number | false) => ({
  queryKey: ["forecast", id],
  queryFn: () => answer(api.GET("/api/v1/campaigns/{campaign_id}/forecast", { params: { path: { campaign_id: id } } })),
  refetchInterval: everyMs,
  retry: false,
});

/** The same for a campaign under way: its finish as the feed tells it, the rests on the way now and then. */
export function useLiveForecast(id: string, goesOn: boolean): Forecast | undefined {
  const outlook = useLiveOutlook(id);
  const { data } = useQuery({ ...query(id, outlook ? 60_000 : 15_000), enabled: goesOn });
  if (!data || !goesOn) return undefined;
  return outlook ? { ...data, finish_at: outlook.finish_at, finish_range: outlook.finish_range } : data;
}

const STOPS = 4;

export function ForecastPanel({ forecast }: { forecast: Forecast }) {
  const stops = forecast.timeline.filter((one) => one.reason).slice(0, STOPS);
  return (
    <section className="surface why" aria-label="Forecast">
      <Text size="xs" fw={600} c="dimmed" tt="uppercase">Forecast</Text>
      <Text size="sm"><Finish forecast={forecast} /></Text>
      {forecast.bottleneck && <Text size="sm">What holds it up most: {forecast.bottleneck.replace(/\.$/, "")}.</Text>}
      {stops.length > 0 && (
        <ul>{stops.map((one, index) => <li key={index}><Moment at={one.at} />: {stateWords(one.status)}, {one.reason}</li>)}</ul>
      )}
      {forecast.per_day.length > 1 && <Text size="sm" c="dimmed">Messages a day: {forecast.per_day.slice(0, 5).map((one) => `${day(one.date)} ${count(one.messages)}`).join(" · ")}{forecast.per_day.length > 5 ? " …" : ""}</Text>}
    </section>
  );
}

/** When it will finish, and how sure that is. */
export function Finish({ forecast }: { forecast: Pick<Forecast, "finish_at" | "finish_range"> }) {
  const { finish_at, finish_range } = forecast;
  if (finish_at === null) return <>It will not finish by itself.</>;
  const [earliest = finish_at, latest = finish_at] = finish_range ?? [];
  return (
    <>
      Will be finished at about <b><Moment at={finish_at} /></b>, <Moment at={finish_at} as="relative" />.
      {moment(earliest) !== moment(latest) && <Text component="span" inherit c="dimmed"> Between <Moment at={earliest} /> and <Moment at={latest} />.</Text>}
    </>
  );
}
