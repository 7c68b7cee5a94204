/** Learning rates that a curve suggests, each by a rule of its own; null where the curve is too short to say. */
export interface LrSuggestions {
  /** In the middle third of the longest run of falling losses. */
  readonly valley: number | null;
  /** Where the loss falls fastest. */
  readonly steep: number | null;
  /** A tenth of where the loss is lowest. */
  readonly minimum: number | null;
}

/**
 * fastai's rules, on its part of the curve: without the first tenth, and without the last five points, where the loss may explode
 * (https://docs.fast.ai/callback.schedule.html#suggestion-methods). The longest falling run may skip points; finding it takes
 * quadratic time in the number of points.
 * @param planned how many points the sweep was to have
 */
export function suggestLr(lrs: Float64Array, losses: Float64Array, planned: number): LrSuggestions {
  const from = Math.floor(planned / 10);
  const xs = lrs.subarray(from, Math.max(from, lrs.length - 5));
  const ys = losses.subarray(from, Math.max(from, losses.length - 5));
  if (xs.length < 3) return { valley: null, steep: null, minimum: null };
  return {
    valley: xs[valley(ys)] ?? null,
    steep: xs[steepest(xs, ys)] ?? null,
    minimum: (xs[lowest(ys)] as number) / 10,
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
  const start = Math.max(0, end - length(end));
  const third = (end - start) / 3;
  return start + Math.floor(third) + Math.floor(third / 2);
}

function steepest(lrs: Float64Array, losses: Float64Array): number {
  const slope = (i: number): number =>
    ((losses[i + 1] as number) - (losses[i] as number)) / Math.log((lrs[i + 1] as number) / (lrs[i] as number));
  let best = 0;
  for (let i = 1; i + 1 < losses.length; i++) if (slope(i) < slope(best)) best = i;
  return best;
}

function lowest(losses: Float64Array): number {
  let best = 0;
  for (let i = 1; i < losses.length; i++) if ((losses[i] as number) < (losses[best] as number)) best = i;
  return best;
}
