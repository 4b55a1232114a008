// When a campaign will finish, where it will rest on the way, and what holds it up most.
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { answer, api, type Schemas } from "../../api/client";
import { count } from "../../shared/format";
import { Moment } from "../../shared/moment";
import { stateWords } from "../../shared/state-badge";

export type Forecast = Schemas["ForecastAnswer"];

/** The forecast from now on; nothing changes by asking. */
export function useForecast(id: string, everyMs: number | false, enabled = true) {
  return useQuery({
    queryKey: ["forecast", id],
    queryFn: () => answer(api.GET("/api/v1/campaigns/{campaign_id}/forecast", { params: { path: { campaign_id: id } } })),
    refetchInterval: everyMs,
    enabled,
    retry: false,
  });
}

const STOPS = 4;

export function ForecastPanel({ forecast }: { forecast: Forecast }) {
  const stops = forecast.timeline.filter((one) => one.reason).slice(0, STOPS);
  return (
    <section className="surface why" aria-label="Forecast">
      <Text size="xs" fw={600} c="dimmed" tt="uppercase">Forecast</Text>
      <Text size="sm">
        {forecast.finish_at === null ? "It will not finish by itself." : <>Finished at about <b><Moment at={forecast.finish_at} /></b>, <Moment at={forecast.finish_at} as="relative" />.</>}
        {forecast.finish_range && <Text component="span" inherit c="dimmed"> Between <Moment at={forecast.finish_range[0] ?? null} /> and <Moment at={forecast.finish_range[1] ?? null} />.</Text>}
      </Text>
      {forecast.bottleneck && <Text size="sm">What holds it up most: {forecast.bottleneck.replace(/\.$/, "")}.</Text>}
      {stops.length > 0 && (
        <ul>{stops.map((one, index) => <li key={index}><Moment at={one.at} />: {stateWords(one.status)}, {one.reason}</li>)}</ul>
      )}
      {forecast.per_day.length > 1 && <Text size="sm" c="dimmed">{forecast.per_day.slice(0, 5).map((day) => `${day.date}: ${count(day.messages)}`).join(" · ")}{forecast.per_day.length > 5 ? " …" : ""}</Text>}
    </section>
  );
}
