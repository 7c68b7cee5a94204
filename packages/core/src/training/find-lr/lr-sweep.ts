import type { SweepKind } from './options.js';

/** Which rates a sweep tries, and when it ends. */
export interface SweepPlan {
  readonly sweep: SweepKind;
  readonly minLr: number;
  readonly maxLr: number;
  readonly steps: number;
  /** The factor of the exponential mean. */
  readonly smoothing: number;
  /** Null: only a loss that is no number ends it early. */
  readonly stopFactor: number | null;
}

/** A sweep of the learning rate under way: the rates so far and what was met at each. */
export class Sweep {
  readonly #plan: SweepPlan;
  readonly lrs: number[] = [];
  readonly losses: number[] = [];
  /** The exponential mean of the losses, freed of its beginning's bias: divided by 1 − smoothingⁿ. */
  readonly smoothed: number[] = [];
  #mean = 0;
  #best = Infinity;
  #diverged = false;

  constructor(plan: SweepPlan) {
    this.#plan = plan;
  }

  /** How many rates were met. */
  get step(): number {
    return this.lrs.length;
  }

  /** The next rate. */
  get lr(): number {
    const { sweep, minLr, maxLr, steps } = this.#plan;
    const part = this.step / (steps - 1);
    return sweep === 'linear' ? minLr + (maxLr - minLr) * part : minLr * (maxLr / minLr) ** part;
  }

  /** Whether the loss exploded. */
  get diverged(): boolean {
    return this.#diverged;
  }

  /** The loss at the next rate. True where that is the last one; a loss that is no number is left out. */
  met(loss: number): boolean {
    const { smoothing, steps } = this.#plan;
    if (!Number.isFinite(loss)) return (this.#diverged = true);
    const { lr } = this;
    this.#mean = smoothing * this.#mean + (1 - smoothing) * loss;
    const smooth = this.#mean / (1 - smoothing ** (this.step + 1));
    this.lrs.push(lr);
    this.losses.push(loss);
    this.smoothed.push(smooth);
    this.#diverged = smooth > this.#limit;
    this.#best = Math.min(this.#best, smooth);
    return this.#diverged || this.step === steps;
  }

  /** So many times the best; where that is below zero, as far above it as that would be of its size. */
  get #limit(): number {
    const { stopFactor } = this.#plan;
    if (stopFactor === null || this.#best === Infinity) return Infinity;
    return this.#best >= 0 ? stopFactor * this.#best : (2 - stopFactor) * this.#best;
  }
}
