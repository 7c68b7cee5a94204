import type { Metric } from '../metrics/metric.js';
import type { BestEpoch, Scores } from './result.js';

/** Keeps which epoch was best, and says when patience has run out. */
export class Watch {
  readonly #name: string;
  readonly #mode: 'min' | 'max';
  readonly #patience: number;
  readonly #warmup: number;
  readonly #minDelta: number;
  #best: BestEpoch;
  /** The last one that was better than the one before it by more than the least that counts. */
  #progress: BestEpoch;

  /** @param initial the scores before the first epoch: epoch −1 */
  constructor(
    settings: {
      readonly watch: string;
      readonly metrics: readonly Metric[];
      readonly patience: number | null;
      readonly warmup: number;
      readonly minDelta: number;
    },
    initial: Scores,
  ) {
    this.#name = settings.watch;
    this.#mode = settings.metrics.find(({ name }) => name === settings.watch)?.mode ?? 'min';
    this.#patience = settings.patience ?? Infinity;
    this.#warmup = settings.warmup;
    this.#minDelta = settings.minDelta;
    this.#best = { epoch: -1, value: this.#value(initial) };
    this.#progress = this.#best;
  }

  /** Null where the value was NaN each time. */
  get best(): BestEpoch | null {
    return Number.isNaN(this.#best.value) ? null : this.#best;
  }

  /** Looks at an epoch's scores; true where they are the best so far. Equal ones are not, nor is NaN. */
  see(epoch: number, scores: Scores): boolean {
    const value = this.#value(scores);
    const better = this.#isBetter(value, this.#best.value, 0);
    if (better) this.#best = { epoch, value };
    if (this.#isBetter(value, this.#progress.value, this.#minDelta)) this.#progress = { epoch, value };
    return better;
  }

  /** Whether enough epochs have gone by, up to this one, without a better value. */
  exhausted(epoch: number): boolean {
    return epoch - Math.max(this.#progress.epoch, this.#warmup - 1) >= this.#patience;
  }

  /** By more than `least`. */
  #isBetter(value: number, than: number, least: number): boolean {
    if (Number.isNaN(than)) return !Number.isNaN(value);
    return this.#mode === 'min' ? value < than - least : value > than + least;
  }

  #value(scores: Scores): number {
    return (scores as { readonly [name: string]: number })[this.#name] as number;
  }
}
