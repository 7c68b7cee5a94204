import { compact } from './axis.js';
import type { Figure, Mark, Series } from './figure.js';

/** A learning-rate range test: `lrs[i]` was in use when the loss was `losses[i]`. */
export interface LrCurve {
  readonly lrs: ArrayLike<number>;
  readonly losses: ArrayLike<number>;
  /** A running mean of the losses, as long as they. */
  readonly smoothed?: ArrayLike<number>;
  /** One of `lrs`, or null where the test found none. */
  readonly suggestion?: number | null;
}

/** Loss over learning rate on a logarithmic axis, the suggestion marked on the curve. */
export function lrFigure(curve: LrCurve, title: string = 'learning rate'): Figure {
  const smooth = curve.smoothed ?? curve.losses;
  const raw: Series = { name: 'loss', x: curve.lrs, y: curve.losses, faint: curve.smoothed !== undefined };
  const series = curve.smoothed === undefined ? [raw] : [{ name: 'smoothed', x: curve.lrs, y: curve.smoothed }, raw];
  const mark = suggestionMark(curve, smooth);
  const ceiling = ceilingOf(smooth);
  return {
    title,
    x: { label: 'learning rate', scale: 'log' },
    panels: [
      {
        label: 'loss',
        series,
        marks: mark === null ? [] : [mark],
        borders: [],
        ...(ceiling === null ? {} : { ceiling }),
      },
    ],
  };
}

function suggestionMark({ lrs, suggestion }: LrCurve, losses: ArrayLike<number>): Mark | null {
  if (suggestion === undefined || suggestion === null) return null;
  const distance = (lr: number): number => Math.abs(Math.log(lr / suggestion));
  let nearest = 0;
  for (let i = 1; i < lrs.length; i++) if (distance(lrs[i]!) < distance(lrs[nearest]!)) nearest = i;
  const y = losses[nearest];
  return y === undefined ? null : { x: suggestion, y, label: `suggestion ${compact(suggestion)}` };
}

/**
 * Past its minimum the loss grows without bound; shown is as much of that as the curve had before the minimum, and a
 * quarter more. Null where nothing is finite.
 */
function ceilingOf(losses: ArrayLike<number>): number | null {
  let before = Number.NEGATIVE_INFINITY;
  let low = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const loss of Array.from(losses)) {
    if (!Number.isFinite(loss)) continue;
    highest = Math.max(highest, loss);
    if (loss < low) {
      low = loss;
      before = highest;
    }
  }
  return Number.isFinite(low) && before > low ? before + (before - low) / 4 : null;
}
