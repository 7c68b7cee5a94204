import type { Axis as AxisSpec, Scale, Spec } from 'vega';
import { axis } from '../axis.js';
import type { Axis } from '../axis.js';
import type { Figure } from '../figure.js';
import { limitsOf, seriesNames, xValues, yValues } from '../series.js';
import { printable } from '../text.js';
import { labelsFit } from './heading.js';
import { legendOf } from './legend.js';
import { panelMark } from './panel.js';
import { textWidth } from './text-width.js';
import { ofLogAxis, withExponents } from './tick-label.js';
import { colors, config, fontSize, plainColor } from './theme.js';

const padding = 16;
const headingHeight = 42;
/** Pixels a tick on the y axis, and on the x axis. */
const spacing = { y: 32, x: 70 } as const;

/** The figure as a specification in Vega's grammar. */
export function specOf(figure: Figure, width: number): Spec {
  const names = seriesNames(figure);
  const colorOf = (name: string | null): string => {
    const index = name === null ? -1 : names.indexOf(name);
    return index < 0 ? plainColor : colors[index % colors.length]!;
  };
  const height = figure.panels.length > 4 ? 120 : 160;
  const yTicks = Math.floor(height / spacing.y);
  const yAxes = figure.panels.map((panel) =>
    axis(yValues(panel), {
      scale: 'linear',
      count: yTicks,
      nice: true,
      ...limitsOf(panel),
    }),
  );
  // Vega gives the panels what the axes leave. Text that follows from no axis has to keep within that.
  const longest = yAxes.flatMap(({ ticks }) => ticks.map(({ label }) => textWidth(label, fontSize)));
  const room = width - 2 * padding - Math.max(20, ...longest) - 30;
  const x = axis(xValues(figure), { ...figure.x, count: Math.max(2, Math.floor(room / spacing.x)) });
  const legend = legendOf(figure, names, colorOf, room);
  const short = figure.panels.some(({ label, marks }) => !labelsFit(label, marks, room));
  const panels = figure.panels.map((panel, i) =>
    panelMark(panel, {
      axes: { x, y: yAxes[i]! },
      top: i * (height + headingHeight),
      height,
      width: room,
      short,
      xAxes: xAxes(figure, x, room, i === figure.panels.length - 1),
      yTicks,
      colorOf,
    }),
  );
  return {
    $schema: 'https://vega.github.io/schema/vega/v6.json',
    config,
    width,
    padding,
    autosize: { type: 'fit-x', contains: 'padding' },
    // As values, not as constants in the code that Vega makes of a specification.
    signals: [
      { name: 'title', value: printable(figure.title) },
      { name: 'xLabel', value: printable(figure.x.label) },
    ],
    title: { text: { signal: 'title' }, limit: room },
    scales: [xScale(figure, x), ...legend.scales],
    legends: [...legend.legends],
    marks: panels,
  };
}

function xScale({ x: { scale } }: Figure, { domain }: Axis): Scale {
  const common = { name: 'x', domain: [...domain] as number[], range: 'width' as const, nice: false, padding: 8 };
  return scale === 'log' ? { ...common, type: 'log' } : { ...common, type: 'linear', zero: false };
}

/** The lowest panel's has labels and the name. */
function xAxes({ x }: Figure, { ticks, exponents }: Axis, width: number, last: boolean): readonly AxisSpec[] {
  // How far the last label reaches is known when the width is settled: further than the margin it must not.
  const labelBound = padding - 2;
  const axisOf = { scale: 'x', orient: 'bottom', grid: true, gridScale: 'y', labels: last, labelBound } as const;
  const title = last ? { title: { signal: 'xLabel' } } : {};
  if (x.scale === 'linear') {
    const labels = exponents ? { encode: withExponents } : {};
    const counts = x.integer === true ? { tickMinStep: 1, format: 'd' } : labels;
    return [{ ...axisOf, ...title, tickCount: Math.max(2, Math.floor(width / spacing.x)), ...counts }];
  }
  const [major, minor] = [true, false].map((labelled) =>
    ticks.filter(({ label }) => (label !== '') === labelled).map(({ value }) => value),
  ) as [number[], number[]];
  return [
    { ...axisOf, ...title, values: major, encode: ofLogAxis },
    { ...axisOf, values: minor, grid: false, labels: false, domain: false, tickSize: 3 },
  ];
}
