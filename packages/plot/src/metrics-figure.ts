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
  readonly history: readonly EpochMetrics[];
  /** `epoch` is that of the best entry of `history`; null or absent, or an epoch that `history` lacks: nothing is marked. */
  readonly best?: { readonly epoch: number } | null;
}

interface Point {
  readonly x: number;
  readonly entry: EpochMetrics;
}

/**
 * A panel for the loss, one for each metric, train beside val, and one for the learning rate if it moved. The histories
 * of several train calls follow each other, with a border between them and the best epoch of each marked.
 * On the x axis, and in labels, epochs are counted from 1 over all calls, as people count them.
 */
export function metricsFigure(histories: readonly TrainHistory[], title: string = 'metrics'): Figure {
  const points = histories.flatMap(({ history }) => history).map((entry, index): Point => ({ x: index + 1, entry }));
  const borders: number[] = [];
  const best: Point[] = [];
  let done = 0;
  for (const { history, best: chosen } of histories) {
    if (done > 0 && history.length > 0) borders.push(done + 0.5);
    const at = history.findIndex(({ epoch }) => epoch === chosen?.epoch);
    if (at >= 0) best.push(points[done + at]!);
    done += history.length;
  }
  const panels = metricNames(points).map((name): Panel => {
    const series = [
      curve('train', points, (entry) => entry.train[name]),
      curve('val', points, (entry) => entry.val?.[name]),
    ];
    const marks = best.map((point) => bestMark(point, name)).filter((mark) => mark !== null);
    return { label: name, series: series.filter(({ x }) => x.length > 0), marks, borders };
  });
  const rates = curve('lr', points, (entry) => entry.lr);
  if (new Set(Array.from(rates.y)).size > 1) {
    panels.push({ label: 'learning rate', series: [rates], marks: [], borders });
  }
  return { title, x: { label: 'epoch', scale: 'linear', integer: true }, panels };
}

/** The loss first, then the metrics in the order in which they appear. */
function metricNames(points: readonly Point[]): string[] {
  const names = new Set(['loss']);
  for (const { entry } of points) {
    for (const name of [...Object.keys(entry.train), ...Object.keys(entry.val ?? {})]) names.add(name);
  }
  return [...names];
}

function curve(name: string, points: readonly Point[], value: (entry: EpochMetrics) => number | undefined): Series {
  const known = points.filter(({ entry }) => value(entry) !== undefined);
  return { name, x: known.map(({ x }) => x), y: known.map(({ entry }) => value(entry)!) };
}

function bestMark({ x, entry }: Point, name: string): Mark | null {
  const y = entry.val?.[name] ?? entry.train[name];
  return y === undefined ? null : { x, y, label: `best epoch ${x}: ${compact(y)}` };
}
