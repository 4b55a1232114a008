// A rate over time as one line: how fast, and whether it is steady.
import { Text } from "@mantine/core";

import { rate } from "./format";

interface RateChartProps {
  points: readonly { at: number; perSecond: number }[];
  label: string;
}

const WIDTH = 600;
const HEIGHT = 110;

export function RateChart({ points, label }: RateChartProps) {
  const first = points[0];
  const last = points[points.length - 1];
  if (!first || !last || points.length < 2) return <Text size="sm" c="dimmed" h={HEIGHT} className="chart-empty">The line begins in a moment.</Text>;
  const top = niceTop(Math.max(...points.map((one) => one.perSecond)));
  const range = Math.max(1, last.at - first.at);
  const x = (at: number) => (WIDTH * (at - first.at)) / range;
  const y = (value: number) => HEIGHT - 4 - ((HEIGHT - 14) * value) / top;
  const line = points.map((one, index) => `${index ? "L" : "M"}${x(one.at).toFixed(1)} ${y(one.perSecond).toFixed(1)}`).join("");
  return (
    <figure className="chart" aria-label={`${label}: ${rate(last.perSecond)} now, at most ${rate(Math.max(...points.map((one) => one.perSecond)))}`} role="img">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <line x1={0} x2={WIDTH} y1={y(top)} y2={y(top)} className="chart-grid" />
        <line x1={0} x2={WIDTH} y1={y(top / 2)} y2={y(top / 2)} className="chart-grid" />
        <path d={`${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} className="chart-area" />
        <path d={line} className="chart-line" />
      </svg>
      <Text size="xs" c="dimmed" className="chart-top figures" component="span">{rate(top)}</Text>
      <Text size="xs" c="dimmed" className="chart-half figures" component="span">{rate(top / 2)}</Text>
    </figure>
  );
}

/** 1, 2 or 5 times a power of ten: a scale that is easy to read. */
function niceTop(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5, 10].find((step) => step * power >= most) ?? 10) * power;
}
