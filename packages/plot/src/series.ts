import type { Axis } from './axis.js';
import type { Figure, Panel, Series } from './figure.js';

/** The names of a figure's series in the order of their first appearance: a name's index decides how it looks. */
export function seriesNames(figure: Figure): readonly string[] {
  const names = figure.panels.flatMap((panel) => panel.series.map(({ name }) => name));
  return [...new Set(names.filter((name) => name !== null))];
}

/** Every x of the figure: panels share their x axis. */
export function* xValues(figure: Figure): Generator<number> {
  for (const panel of figure.panels) {
    for (const { x, y } of panel.series) {
      for (let i = 0; i < x.length; i++) if (Number.isFinite(y[i])) yield x[i]!;
    }
  }
}

export function* yValues(panel: Panel): Generator<number> {
  for (const { y } of panel.series) yield* Array.from(y);
}

/** The values beyond which a panel's y axis doesn't reach. */
export function limitsOf({ ceiling, floor }: Panel): { readonly ceiling?: number; readonly floor?: number } {
  return { ...(ceiling === undefined ? {} : { ceiling }), ...(floor === undefined ? {} : { floor }) };
}

/** Faint and dashed curves first: where curves meet, the one drawn last is seen. */
export function inDrawingOrder(series: readonly Series[]): readonly Series[] {
  const rank = ({ faint = false, dashed = false }: Series): number => (faint ? 0 : dashed ? 1 : 2);
  return series.toSorted((a, b) => rank(a) - rank(b));
}

/** What of a curve is seen: its points in order, null for gaps, and the points that stand alone between two of those. */
export interface Course {
  readonly points: readonly (readonly [x: number, y: number] | null)[];
  readonly alone: readonly (readonly [x: number, y: number])[];
}

/**
 * A curve as it is drawn in an area so many pixels wide. What is beyond the y axis is cut off where the curve crosses its end. Where points lie
 * closer than pixels, those stay that reach highest and lowest, so that a million points look as they would.
 */
export function courseOf(series: Series, { x, y }: Axes, width: number): Course {
  const drawn = cut(thinned(series, x, width), { x, y });
  const points = drawn.filter((point, i) => point !== null || (i > 0 && drawn[i - 1] !== null));
  const alone = points.filter(
    (point, i) => point !== null && (points[i - 1] ?? null) === null && (points[i + 1] ?? null) === null,
  );
  return { points, alone: alone.filter((point) => point !== null) };
}

interface Axes {
  readonly x: Axis;
  readonly y: Axis;
}

type Point = readonly [x: number, y: number];

function thinned({ x, y }: Series, axis: Axis, width: number): readonly (Point | null)[] {
  const all = Array.from(x, (value, i): Point | null =>
    Number.isFinite(axis.at(value)) && Math.abs(y[i]!) <= largest ? [value, y[i]!] : null,
  );
  if (all.length <= width * 4) return all;
  const kept: (Point | null)[] = [];
  for (let from = 0; from < all.length;) {
    const column = columnOf(all[from]!, axis, width);
    let to = from + 1;
    while (to < all.length && columnOf(all[to]!, axis, width) === column) to++;
    kept.push(...extremes(all, from, to));
    from = to;
  }
  return kept;
}

const columnOf = (point: Point | null, axis: Axis, width: number): number | null =>
  point === null ? null : Math.floor(axis.at(point[0]) * width);

/** Of points in one column of pixels: the first, the lowest, the highest and the last, in their order. */
function extremes(points: readonly (Point | null)[], from: number, to: number): readonly (Point | null)[] {
  if (points[from] === null) return [null];
  let [low, high] = [from, from];
  for (let i = from; i < to; i++) {
    if (points[i]![1] < points[low]![1]) low = i;
    if (points[i]![1] > points[high]![1]) high = i;
  }
  return [...new Set([from, low, high, to - 1].toSorted((a, b) => a - b))].map((i) => points[i]!);
}

/** Ends the curve where it leaves the axis through one of its ends, and begins it where it comes back. */
function cut(points: readonly (Point | null)[], { x, y }: Axes): readonly (Point | null)[] {
  const [low, high] = y.domain;
  const bounded = (value: number): number => Math.min(Math.max(value, low), high);
  return points.flatMap((point, i): readonly (Point | null)[] => {
    if (point === null || bounded(point[1]) === point[1]) return [point];
    const [before, after] = [points[i - 1] ?? null, points[i + 1] ?? null].map((other): readonly Point[] => {
      const crosses = other !== null && bounded(other[1]) !== bounded(point[1]);
      // From one end to the other it is seen in between: the other point says where it comes from.
      return crosses ? [crossing(other, point, x, bounded(point[1]))] : [];
    }) as [readonly Point[], readonly Point[]];
    return [...before, null, ...after];
  });
}

/** Where the line between two points, straight on the page, reaches a value. */
function crossing(from: Point, to: Point, axis: Axis, value: number): Point {
  const part = (value - from[1]) / (to[1] - from[1]);
  const at = axis.at(from[0]) + part * (axis.at(to[0]) - axis.at(from[0]));
  return [axis.valueAt(at), value];
}

// As in an axis: beyond it, differences leave the range of a double.
const largest = 1e150;
