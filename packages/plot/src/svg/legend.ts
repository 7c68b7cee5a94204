import type { Legend, Scale } from 'vega';
import type { Figure, Shape } from '../figure.js';
import { printable } from '../text.js';
import { shapes as vegaShapes } from './point.js';
import { textWidth } from './text-width.js';
import { back, dash, fontSize, markColor } from './theme.js';

const labelLimit = 220;
/** A line's sample, and the space between it, its name and the next column. */
const entry = 46;

/** What the colours are, and what dashes and shapes are where there are any. `width` pixels are not exceeded. */
export function legendOf(
  { panels, lines, shapes }: Figure,
  names: readonly string[],
  colorOf: (name: string) => string,
  width: number,
): { readonly scales: readonly Scale[]; readonly legends: readonly Legend[] } {
  const series = panels.flatMap((panel) => panel.series);
  const isFaint = (name: string): boolean => series.every((each) => each.name !== name || each.faint === true);
  const domain = names.map(printable);
  const scales: Scale[] = [
    { name: 'color', type: 'ordinal', domain, range: names.map(colorOf) },
    { name: 'faint', type: 'ordinal', domain, range: names.map((name) => (isFaint(name) ? 0.5 : 1)) },
  ];
  const legends: Legend[] = [];
  let room = width;
  if (lines !== undefined && series.some(({ dashed = false }) => dashed)) {
    const kinds = [lines.solid, lines.dashed];
    scales.push({ name: 'dash', type: 'ordinal', domain: kinds, range: [[], [...dash]] });
    legends.push({ strokeDash: 'dash', columns: 2 });
    room -= 2 * widest(kinds);
  }
  const marks = Object.entries(shapes ?? {}) as [Shape, string][];
  if (marks.length > 0) {
    const rules = marks.map(([, rule]) => rule);
    scales.push({ name: 'shape', type: 'ordinal', domain: rules, range: marks.map(([shape]) => vegaShapes[shape]) });
    legends.push({
      shape: 'shape',
      columns: marks.length,
      symbolSize: 62,
      // Level with the samples of lines, whose rows are higher.
      padding: 4,
      symbolFillColor: back.light,
      symbolStrokeColor: markColor,
    });
    room -= marks.length * (widest(rules) - 12);
  }
  if (names.length > 0) {
    const columns = Math.max(1, Math.floor(room / widest(domain)));
    const labels = Math.min(labelLimit, room - entry);
    legends.unshift({
      stroke: 'color',
      opacity: 'faint',
      columns: Math.min(columns, names.length),
      labelLimit: labels,
    });
  }
  return { scales, legends };
}

const widest = (labels: readonly string[]): number =>
  entry + Math.max(...labels.map((label) => Math.min(labelLimit, textWidth(label, fontSize))));
