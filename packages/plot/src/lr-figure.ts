import { compact } from './axis.js';
import type { Figure, Mark, Series, Shape } from './figure.js';

/** How a rate is suggested. */
export type SuggestionRule = 'valley' | 'steep' | 'minimum' | 'slide';

/** A learning-rate range test: `lrs[i]` was in use when the loss was `losses[i]`. */
export interface LrCurve {
  readonly lrs: ArrayLike<number>;
  readonly losses: ArrayLike<number>;
  /** A running mean of the losses, as long as they. */
  readonly smoothed?: ArrayLike<number>;
  /** How the rates lie: the axis is linear where all curves are. Default `exponential`. */
  readonly sweep?: 'exponential' | 'linear';
  /** What the rule `valley` suggests, where `suggestions` are left out. */
  readonly suggestion?: number | null;
  /** Rates by the rule that suggests them; null or absent where the test found none. */
  readonly suggestions?: { readonly [rule in SuggestionRule]?: number | null };
}

export interface LrFigureOptions {
  /** Default `learning rate`. */
  readonly title?: string;
  /** The suggestions to mark. Default `['valley']`. */
  readonly suggestions?: readonly SuggestionRule[];
}

const shapes: { readonly [rule in SuggestionRule]: Shape } = {
  valley: 'circle',
  steep: 'diamond',
  minimum: 'triangle',
  slide: 'square',
};

/** Loss over learning rate, suggestions marked on the curve. */
export function lrFigure(curve: LrCurve, options: LrFigureOptions = {}): Figure {
  const raw: Series = { name: 'loss', x: curve.lrs, y: curve.losses, faint: curve.smoothed !== undefined };
  const smooth: Series[] = curve.smoothed === undefined ? [] : [{ name: 'smoothed', x: curve.lrs, y: curve.smoothed }];
  return figureOf([...smooth, raw], [curve], suggestionMarks(curve, options), options);
}

/** Several sweeps in one figure, by their names: the smoothed losses, where there are any, with the raw ones pale behind them. */
export function lrComparisonFigure(
  curves: { readonly [name: string]: LrCurve },
  options: LrFigureOptions = {},
): Figure {
  const named = Object.entries(curves);
  const series = named.flatMap(([name, { lrs, losses, smoothed }]): Series[] => [
    ...(smoothed === undefined ? [] : [{ name, x: lrs, y: smoothed }]),
    { name, x: lrs, y: losses, faint: smoothed !== undefined },
  ]);
  const marks = named.flatMap(([name, curve]) =>
    suggestionMarks(curve, options).map((mark) => ({
      ...mark,
      name,
      label: `${name}: ${mark.label}`,
      short: compact(mark.x),
    })),
  );
  const figure = figureOf(
    series,
    named.map(([, curve]) => curve),
    marks,
    options,
  );
  const { suggestions: rules = ['valley'] } = options;
  if (rules.length < 2) return figure;
  return { ...figure, shapes: Object.fromEntries(rules.map((rule) => [shapes[rule], rule])) };
}

function figureOf(
  series: readonly Series[],
  curves: readonly LrCurve[],
  marks: readonly Mark[],
  { title = 'learning rate' }: LrFigureOptions,
): Figure {
  const tops = curves.map(topOf).filter((top) => top !== null);
  const ceiling = tops.some(({ ceiling: at }) => at !== null)
    ? { ceiling: Math.max(...tops.map(({ ceiling: at, low }) => at ?? low)) }
    : {};
  return {
    title,
    x: { label: 'learning rate', scale: curves.every(isLinear) ? 'linear' : 'log' },
    panels: [{ label: 'loss', series, marks, borders: [], ...ceiling }],
  };
}

const isLinear = ({ sweep }: LrCurve): boolean => sweep === 'linear';

function suggestionMarks(curve: LrCurve, { suggestions: rules = ['valley'] }: LrFigureOptions): readonly Mark[] {
  return rules.flatMap((rule): readonly Mark[] => {
    const x = (curve.suggestions ?? { valley: curve.suggestion })[rule] ?? null;
    const y = x === null ? null : lossAt(x, curve);
    return x === null || y === null ? [] : [{ x, y, label: `${rule} ${compact(x)}`, shape: shapes[rule] }];
  });
}

/** Of the curve at a rate that need not be one of its own: on the line between its neighbours. */
function lossAt(lr: number, curve: LrCurve): number | null {
  const { lrs, smoothed: losses = curve.losses } = curve;
  const place = isLinear(curve) ? (rate: number) => rate : Math.log;
  for (let i = 0; i < lrs.length; i++) {
    if (lrs[i] === lr) return losses[i]!;
    const next = lrs[i + 1];
    if (next === undefined || lrs[i]! > lr || next < lr) continue;
    const part = (place(lr) - place(lrs[i]!)) / (place(next) - place(lrs[i]!));
    return losses[i]! + part * (losses[i + 1]! - losses[i]!);
  }
  return null;
}

/**
 * Past its minimum the loss grows without bound; shown is as much of that as the curve had before the minimum, and a
 * quarter more. A smoothed loss that only rises is shown whole, and the raw one as far; a raw one alone has no ceiling then. Null where nothing is finite.
 */
function topOf({ losses, smoothed }: LrCurve): { readonly low: number; readonly ceiling: number | null } | null {
  let before = Number.NEGATIVE_INFINITY;
  let low = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const loss of Array.from(smoothed ?? losses)) {
    if (!Number.isFinite(loss)) continue;
    highest = Math.max(highest, loss);
    if (loss < low) {
      low = loss;
      before = highest;
    }
  }
  if (!Number.isFinite(low)) return null;
  const top = before === low && smoothed !== undefined ? highest : before;
  return { low, ceiling: top > low ? top + (top - low) / 4 : null };
}
