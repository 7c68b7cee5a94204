import { line } from 'd3-shape';
import type { Axis } from '../axis.js';
import type { Panel, Series } from '../figure.js';
import { fitted, fittedLabels } from '../text.js';
import { element, textElement } from './elements.js';
import { characterWidth } from './theme.js';

/** A rectangle in pixels. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Axes {
  readonly x: Axis;
  readonly y: Axis;
}

/** A panel's elements: heading, grid, axes, borders, curves and marks. `box` is the plot area; the heading is above it. */
export function drawPanel(panel: Panel, axes: Axes, box: Box, colorOf: (name: string) => string): string[] {
  const x = (value: number): number => box.left + axes.x.at(value) * (box.right - box.left);
  const y = (value: number): number => box.bottom - axes.y.at(value) * (box.bottom - box.top);
  const curves = panel.series.toSorted((a, b) => Number(b.faint ?? false) - Number(a.faint ?? false));
  return [
    ...heading(panel, box),
    ...grid(axes, box),
    ...panel.borders.map((at) => verticalLine('border', x(at), box)),
    clipped(
      box,
      curves.flatMap((series) => curve(series, x, y, colorOf(series.name))),
    ),
    ...panel.marks.flatMap((mark) => {
      const [cx, cy] = [x(mark.x), y(mark.y)];
      const seen = cy >= box.top - 1 && cy <= box.bottom + 1 && cx >= box.left - 1 && cx <= box.right + 1;
      return seen ? [element('circle', { class: 'mark', cx, cy, r: 4.5 })] : [];
    }),
  ];
}

function heading(panel: Panel, box: Box): string[] {
  const room = Math.floor((box.right - box.left) / characterWidth);
  const name = fitted(panel.label, Math.floor(room / 2));
  const marks = fittedLabels(
    panel.marks.map((mark) => mark.label),
    room - name.length - 6,
  );
  const y = box.top - 10;
  const label = textElement('text', name, { class: 'strong', x: box.left, y });
  return marks === '' ? [label] : [label, textElement('text', `○ ${marks}`, { x: box.right, y, 'text-anchor': 'end' })];
}

function grid({ x, y }: Axes, box: Box): string[] {
  const horizontal = y.ticks.flatMap(({ at, label }) => {
    const py = box.bottom - at * (box.bottom - box.top);
    const place = { x: box.left - 8, y: py + 4, 'text-anchor': 'end' };
    return [
      element('path', { class: 'grid', d: `M${px(box.left)},${px(py)}H${px(box.right)}` }),
      textElement('text', label, place),
    ];
  });
  const vertical = x.ticks
    .filter(({ label }) => label !== '')
    .map(({ at }) => verticalLine('grid', box.left + at * (box.right - box.left), box));
  const minor = x.ticks.map(({ at, label }) => {
    const at0 = box.left + at * (box.right - box.left);
    return element('path', { class: 'axis', d: `M${px(at0)},${px(box.bottom)}v${label === '' ? 3 : 5}` });
  });
  const frame = `M${px(box.left)},${px(box.top)}V${px(box.bottom)}H${px(box.right)}`;
  return [...horizontal, ...vertical, ...minor, element('path', { class: 'axis', d: frame })];
}

/** A gap where a value is not finite; a point between two gaps is a dot. */
function curve(series: Series, x: (value: number) => number, y: (value: number) => number, color: string): string[] {
  const points = Array.from(series.x, (value, index): [number, number] => [x(value), y(series.y[index]!)]);
  const path = line()
    .defined(([px0, py0]) => Number.isFinite(px0) && Number.isFinite(py0))
    .digits(1)(points);
  const className = series.faint === true ? 'curve faint' : 'curve';
  return path === null ? [] : [element('path', { class: className, stroke: color, d: path })];
}

/** An inner viewport cuts off what is outside, without an id that could clash in a page with several pictures. */
function clipped(box: Box, children: readonly string[]): string {
  const pad = 3;
  const [x, y] = [box.left - pad, box.top - pad];
  const [width, height] = [box.right - box.left + 2 * pad, box.bottom - box.top + 2 * pad];
  return element('svg', { x, y, width, height, viewBox: [x, y, width, height].map(px).join(' ') }, children);
}

function verticalLine(className: string, x: number, box: Box): string {
  return element('path', { class: className, d: `M${px(x)},${px(box.top)}V${px(box.bottom)}` });
}

const px = (value: number): string => String(Number(value.toFixed(1)));
