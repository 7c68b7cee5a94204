import { compact } from './axis.js';
import type { Figure, Mark, Panel, Series } from './figure.js';

/** One epoch as a train result reports it. */
export interface EpochMetrics {
  /** Counts from 0. */
  readonly epoch: number;
  /** Name → mean over the epoch, `loss` among them. */
  readonly train: { readonly [name: string]: number };
  readonly val?: { readonly [name: string]: number } | null;
  readonly lr: number;
}

/** What a chart needs of a train result. */
export interface TrainHistory {
  /** On the validation data, before the first epoch. */
  readonly initial?: { readonly [name: string]: number } | null;
  readonly history: readonly EpochMetrics[];
  /** `epoch` is that of the best entry of `history`, or −1 for the state before it; null or absent: nothing is marked. */
  readonly best?: { readonly epoch: number } | null;
}

/** What is known after `x` epochs over all calls. */
type Point = { readonly x: number } & Partial<Omit<EpochMetrics, 'epoch'>>;

/**
 * A panel for the loss, one for each metric, train beside val, and one for the learning rate if it moved. The histories
 * of several train calls follow each other, with a border between them and the best epoch of each marked.
 * On the x axis, and in labels, epochs are counted from 1 over all calls, as people count them; 0 is the beginning.
 */
export function metricsFigure(histories: readonly TrainHistory[], title: string = 'metrics'): Figure {
  const before: Point = { x: 0, val: histories[0]?.initial ?? null };
  const epochs = histories.flatMap(({ history }) => history).map((entry, index): Point => ({ ...entry, x: index + 1 }));
  const points = [before, ...epochs];
  const borders: number[] = [];
  const best: Point[] = [];
  let done = 0;
  for (const { history, best: chosen } of histories) {
    if (done > 0 && history.length > 0) borders.push(done + 0.5);
    const at = history.findIndex(({ epoch }) => epoch === chosen?.epoch);
    if (at >= 0) best.push(points[done + at + 1]!);
    else if (chosen?.epoch === -1 && done === 0) best.push(before);
    done += history.length;
  }
  const panels = metricNames(points).map((name): Panel => {
    const series = [
      curve('train', points, ({ train }) => train?.[name]),
      curve('val', points, ({ val }) => val?.[name]),
    ];
    const marks = best.map((point) => bestMark(point, name)).filter((mark) => mark !== null);
    return { label: name, series: series.filter(({ x }) => x.length > 0), marks, borders };
  });
  const rates = curve('lr', epochs, ({ lr }) => lr);
  if (new Set(Array.from(rates.y)).size > 1) {
    panels.push({ label: 'learning rate', series: [rates], marks: [], borders });
  }
  return { title, x: { label: 'epoch', scale: 'linear', integer: true }, panels };
}

/** The loss first, then the metrics in the order in which they appear. */
function metricNames(points: readonly Point[]): string[] {
  const names = new Set(['loss']);
  for (const { train, val } of points) {
    for (const name of [...Object.keys(train ?? {}), ...Object.keys(val ?? {})]) names.add(name);
  }
  return [...names];
}

function curve(name: string, points: readonly Point[], value: (point: Point) => number | undefined): Series {
  const known = points.filter((point) => value(point) !== undefined);
  return { name, x: known.map(({ x }) => x), y: known.map((point) => value(point)!) };
}

function bestMark({ x, train, val }: Point, name: string): Mark | null {
  const y = val?.[name] ?? train?.[name];
  return y === undefined ? null : { x, y, label: `best epoch ${x}: ${compact(y)}` };
}
