/** The arguments of a `reduceOnPlateau` recipe. */
export interface PlateauArgs {
  readonly mode: 'min' | 'max';
  readonly factor: number;
  readonly patience: number;
  readonly threshold: number;
  readonly thresholdMode: 'rel' | 'abs';
  readonly cooldown: number;
  readonly minLr: number;
  readonly monitor: string;
}

/** What a `reduceOnPlateau` keeps. */
export interface PlateauState {
  readonly count: number;
  /** The best value seen. */
  readonly best: number;
  /** Epochs since then, or since the last reduction or cooldown. */
  readonly bad: number;
  /** Epochs of cooldown that are left. */
  readonly cooldown: number;
  /** How often the rate was reduced. */
  readonly reductions: number;
}

export function freshPlateau(args: PlateauArgs): PlateauState & Record<string, number> {
  return { count: 0, best: args.mode === 'min' ? Infinity : -Infinity, bad: 0, cooldown: 0, reductions: 0 };
}

export function plateauLr(args: PlateauArgs, state: PlateauState, lr: number): number {
  if (state.reductions === 0) return lr;
  return Math.max(lr * args.factor ** state.reductions, Math.min(lr, args.minLr));
}

/** One observation, in the order of PyTorch's `ReduceLROnPlateau.step`. */
export function advancePlateau(args: PlateauArgs, state: PlateauState, value: number): PlateauState {
  const better = isBetter(args, value, state.best);
  const cooling = state.cooldown > 0;
  const bad = better || cooling ? 0 : state.bad + 1;
  const reduce = bad > args.patience;
  return {
    count: state.count + 1,
    best: better ? value : state.best,
    bad: reduce ? 0 : bad,
    cooldown: reduce ? args.cooldown : state.cooldown - (cooling ? 1 : 0),
    reductions: state.reductions + (reduce ? 1 : 0),
  };
}

function isBetter({ mode, threshold, thresholdMode }: PlateauArgs, value: number, best: number): boolean {
  // Spelled out, as a share of an infinite best is not a number.
  if (Math.abs(best) === Infinity) return mode === 'min' ? value < best : value > best;
  const margin = thresholdMode === 'rel' ? best * threshold : threshold;
  return mode === 'min' ? value < best - margin : value > best + margin;
}
