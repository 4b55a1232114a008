// A rate over time as one line: how fast, whether it is steady, and when it rested.
import { Group, Text } from "@mantine/core";

import { rate } from "./format";
import { Moment } from "./moment";

/** A mean rate between two instants (milliseconds since the epoch). */
export interface RateStep {
  start: number;
  end: number;
  perSecond: number;
}

interface RateChartProps {
  steps: readonly RateStep[];
  label: string;
}

const WIDTH = 600;
const HEIGHT = 110;

export function RateChart({ steps, label }: RateChartProps) {
  const first = steps[0];
  const last = steps[steps.length - 1];
  if (!first || !last) return <Text size="sm" c="dimmed" h={HEIGHT} className="chart-empty">The line begins in a moment.</Text>;
  const most = Math.max(...steps.map((one) => one.perSecond));
  const top = niceTop(most);
  const range = Math.max(1, last.end - first.start);
  const x = (at: number) => ((WIDTH * (at - first.start)) / range).toFixed(1);
  const y = (value: number) => (HEIGHT - 4 - ((HEIGHT - 14) * value) / top).toFixed(1);
  const line = steps.map((one, index) => `${index ? "L" : "M"}${x(one.start)} ${y(one.perSecond)}L${x(one.end)} ${y(one.perSecond)}`).join("");
  return (
    <>
      <figure className="chart" aria-label={`${label}: ${rate(last.perSecond)} at the end, at most ${rate(most)}`} role="img">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <line x1={0} x2={WIDTH} y1={y(top)} y2={y(top)} className="chart-grid" />
          <line x1={0} x2={WIDTH} y1={y(top / 2)} y2={y(top / 2)} className="chart-grid" />
          <path d={`${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} className="chart-area" />
          <path d={line} className="chart-line" />
        </svg>
        <Text size="xs" c="dimmed" className="chart-top figures" component="span">{rate(top)}</Text>
        <Text size="xs" c="dimmed" className="chart-half figures" component="span">{rate(top / 2)}</Text>
      </figure>
      <Group justify="space-between" mt={2} c="dimmed" fz="xs" className="chart-times">
        <Moment at={new Date(first.start).toISOString()} />
        <Moment at={new Date(last.end).toISOString()} />
      </Group>
    </>
  );
}

/** 1, 2 or 5 times a power of ten: a scale that is easy to read. */
function niceTop(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5, 10].find((step) => step * power >= most) ?? 10) * power;
}
