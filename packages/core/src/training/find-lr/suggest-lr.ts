import type { LrSuggestions, SweepKind } from './options.js';

/**
 * fastai's rules, on its part of the curve: without the first tenth, and without the last five points, where the loss may explode
 * (https://docs.fast.ai/callback.schedule.html#suggestion-methods). The longest falling run may skip points; finding it takes
 * quadratic time in the number of points.
 * @param planned how many points the sweep was to have
 */
export function suggestLr(
  lrs: Float64Array,
  losses: Float64Array,
  planned: number,
  sweep: SweepKind = 'exponential',
): LrSuggestions {
  const from = Math.floor(planned / 10);
  const xs = lrs.subarray(from, Math.max(from, lrs.length - 5));
  const ys = losses.subarray(from, Math.max(from, losses.length - 5));
  if (xs.length < 3) return { valley: null, steep: null, minimum: null, slide: null };
  return {
    valley: xs[valley(ys)] ?? null,
    steep: xs[steepest(sweep === 'linear' ? xs : xs.map(Math.log), ys)] ?? null,
    minimum: (xs[lowest(ys)] as number) / 10,
    slide: xs[slide(ys)] ?? null,
  };
}

function valley(losses: Float64Array): number {
  const runs = new Uint32Array(losses.length).fill(1);
  const length = (i: number): number => runs[i] as number;
  let end = 0;
  for (let i = 1; i < losses.length; i++) {
    for (let j = 0; j < i; j++) {
      if ((losses[i] as number) < (losses[j] as number) && length(i) < length(j) + 1) runs[i] = length(j) + 1;
    }
    if (length(end) < length(i)) end = i;
  }
  // One before the run's beginning, had it no gaps; nothing falls where it ends at the first point.
  const start = end === 0 ? 0 : end - length(end);
  const third = (end - start) / 3;
  return start + Math.floor(third) + Math.floor(third / 2);
}

function steepest(xs: Float64Array, losses: Float64Array): number {
  const slope = (i: number): number =>
    ((losses[i + 1] as number) - (losses[i] as number)) / ((xs[i + 1] as number) - (xs[i] as number));
  let best = 0;
  for (let i = 1; i + 1 < losses.length; i++) if (slope(i) < slope(best)) best = i;
  return best;
}

function lowest(losses: Float64Array): number {
  let best = 0;
  for (let i = 1; i < losses.length; i++) if ((losses[i] as number) < (losses[best] as number)) best = i;
  return best;
}

/** −1 where the curve is too short. */
function slide(losses: Float64Array): number {
  const [interval, threshold] = [15, 0.005];
  const at = (i: number): number => losses[i] as number;
  const end = losses.length - 1;
  const slope = (i: number): number => {
    const [before, after] = [Math.max(0, i - 1), Math.min(end, i + 1)];
    return (at(after) - at(before)) / (after - before);
  };
  let [left, found] = [end - interval, end - interval];
  while (left >= 0 && Math.abs(slope(left + interval) - slope(left)) > threshold) found = left--;
  return found;
}
