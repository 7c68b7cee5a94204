/** The arguments of a `reduceOnPlateau` recipe. */
export interface PlateauArgs {
  readonly mode: 'min' | 'max';
  readonly factor: number;
  readonly patience: number;
  readonly threshold: number;
  readonly thresholdMode: 'rel' | 'abs';
  readonly cooldown: number;
  readonly minLr: number;
  readonly eps: number;
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

/** As PyTorch has it, a reduction by no more than `eps` is none; nor is any after it, as each is smaller than the one before. */
export function plateauLr({ factor, minLr, eps }: PlateauArgs, { reductions }: PlateauState, lr: number): number {
  let rate = lr;
  for (let count = 1; count <= reductions; count++) {
    const next = Math.max(lr * factor ** count, Math.min(lr, minLr));
    if (rate - next <= eps) break;
    rate = next;
  }
  return rate;
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
