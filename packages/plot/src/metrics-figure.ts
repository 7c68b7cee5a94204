import { compact } from './axis.js';
import type { Figure, Mark, Panel, Series } from './figure.js';
import { type Curve, curveOf, joined, type Joined, type Point, scoreNames, type TrainHistory } from './history.js';

export interface MetricsFigureOptions {
  /** Default `metrics`. */
  readonly title?: string;
  /** The panels to draw, in this order: `loss`, metrics, logged quantities, `lr`. Default: all, and `lr` where it moves. Others are left out. */
  readonly metrics?: readonly string[];
}

/** A checkpoint to compare. */
export interface Run {
  readonly name: string;
  readonly histories: readonly TrainHistory[];
}

/**
 * A panel for the loss, one for each metric, train beside val, one for each quantity that was logged, and one for the learning rate if it moved.
 * The histories of several train calls follow each other, with a border between them and the best epoch of each marked.
 * On the x axis, and in labels, epochs are counted from 1 over all calls, as people count them; 0 is the beginning.
 */
export function metricsFigure(histories: readonly TrainHistory[], options: MetricsFigureOptions = {}): Figure {
  const run = joined(histories);
  const borders = run.borders.map((x) => ({ x }));
  return figureOf([run], options, (panel) => {
    const [{ train, val, alone }] = panel.curves as [Curves];
    const marks = run.best.flatMap((point) => bestMark(point, panel, (x, y) => `best epoch ${x}: ${y}`));
    return {
      label: panel.label,
      series: [
        ...(train === null ? [] : [{ name: 'train', ...train }]),
        ...(val === null ? [] : [{ name: 'val', ...val }]),
        ...(alone === null ? [] : [{ name: null, ...alone }]),
      ],
      marks,
      borders,
    };
  });
}

/**
 * The panels of `metricsFigure` with the curves of several checkpoints in each, a colour for each checkpoint: val solid, train dashed (solid where a
 * checkpoint has no val). The ends of train calls and the best epochs have their checkpoint's colour.
 */
export function comparisonFigure(runs: readonly Run[], options: MetricsFigureOptions = {}): Figure {
  const all = runs.map(({ histories }) => joined(histories));
  const figure = figureOf(all, options, (panel) => ({
    label: panel.label,
    series: runs.flatMap(({ name }, i): Series[] => {
      const { train, val, alone } = panel.curves[i]!;
      return [
        ...(val === null ? [] : [{ name, ...val }]),
        ...(train === null ? [] : [{ name, ...train, ...(val === null ? {} : { dashed: true }) }]),
        ...(alone === null ? [] : [{ name, ...alone }]),
      ];
    }),
    marks: runs.flatMap(({ name }, i) =>
      all[i]!.best.flatMap((point) => bestMark(point, panel, (x, y) => `${name}: ${y} (epoch ${x})`)).map((mark) => ({
        ...mark,
        name,
        short: compact(mark.y),
      })),
    ),
    borders: runs.flatMap(({ name }, i) => all[i]!.borders.map((x) => ({ x, name }))),
  }));
  return { ...figure, lines: { solid: 'val', dashed: 'train' } };
}

/** The curves of one checkpoint in a panel; null for what it hasn't. */
interface Curves {
  readonly train: Curve | null;
  readonly val: Curve | null;
  /** What has no two sides: a logged quantity, the learning rate. */
  readonly alone: Curve | null;
}

interface Content {
  readonly label: string;
  /** The name of a score, whose best epoch has a value. */
  readonly score: string | null;
  /** One for each run. */
  readonly curves: readonly Curves[];
}

function figureOf(
  runs: readonly Joined[],
  { title = 'metrics', metrics }: MetricsFigureOptions,
  panelOf: (content: Content) => Panel,
): Figure {
  const scores = new Set(runs.flatMap(({ points }) => scoreNames(points)));
  const keys = new Set(runs.flatMap(({ logged }) => [...logged.keys()]));
  const rates = runs.map(({ points }) => curveOf(points, ({ lr }) => lr));
  const contents = new Map<string, Content>();
  for (const name of scores) {
    const curves = runs.map(({ points }) => ({
      train: some(curveOf(points, ({ train }) => train?.[name])),
      val: some(curveOf(points, ({ val }) => val?.[name])),
      alone: null,
    }));
    contents.set(name, { label: name, score: name, curves });
  }
  for (const key of keys) {
    // A score of one call can be logged in another.
    const id = contents.has(key) ? `${key} (logged)` : key;
    contents.set(id, { label: id, score: null, curves: runs.map(({ logged }) => lone(logged.get(key) ?? null)) });
  }
  if (!contents.has('lr')) contents.set('lr', { label: 'learning rate', score: null, curves: rates.map(lone) });
  const moved = rates.some(({ y }) => new Set(y).size > 1) || new Set(rates.flatMap(({ y }) => y)).size > 1;
  const shown = metrics ?? [...contents.keys()].filter((name) => name !== 'lr' || keys.has('lr') || moved);
  return {
    title,
    x: { label: 'epoch', scale: 'linear', integer: true },
    panels: shown
      .flatMap((name) => contents.get(name) ?? [])
      .map((content) => {
        const panel = panelOf(content);
        return content.score === null ? panel : { ...panel, ...limits(panel) };
      }),
  };
}

/**
 * Before training a score can be so far from what it is ever after that nothing else would be seen: where it would take more than half of the
 * axis, it is cut off.
 */
function limits({ series, marks }: Panel): { readonly ceiling?: number; readonly floor?: number } {
  if (marks.some(({ x }) => x === 0)) return {};
  let [low, high, epochs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  const before: number[] = [];
  for (const { x, y } of series) {
    for (let i = 0; i < x.length; i++) {
      if (!Number.isFinite(y[i])) continue;
      if (x[i] === 0) before.push(y[i]!);
      else [low, high, epochs] = [Math.min(low, y[i]!), Math.max(high, y[i]!), Math.max(epochs, x[i]!)];
    }
  }
  const span = high - low;
  const far = before.some((value) => value > high + span || value < low - span);
  return far && span > 0 && epochs >= 3 ? { ceiling: high + span / 10, floor: low - span / 10 } : {};
}

const some = (curve: Curve): Curve | null => (curve.x.length === 0 ? null : curve);
const lone = (curve: Curve | null): Curves => ({ train: null, val: null, alone: curve === null ? null : some(curve) });

function bestMark(
  { x, train, val }: Point,
  { score }: Content,
  label: (epoch: number, value: string) => string,
): readonly Mark[] {
  const y = score === null ? undefined : (val?.[score] ?? train?.[score]);
  return y === undefined ? [] : [{ x, y, label: label(x, compact(y)), short: `${x}: ${compact(y)}` }];
}
