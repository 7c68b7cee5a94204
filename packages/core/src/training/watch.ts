import type { Metric } from '../metrics/metric.js';
import type { BestEpoch, Scores } from './result.js';

/** Keeps which epoch was best, and says when patience has run out. */
export class Watch {
  readonly #name: string;
  readonly #mode: 'min' | 'max';
  readonly #patience: number;
  readonly #warmup: number;
  #best: BestEpoch;

  /** @param initial the scores before the first epoch: epoch −1 */
  constructor(
    settings: {
      readonly watch: string;
      readonly metrics: readonly Metric[];
      readonly patience: number | null;
      readonly warmup: number;
    },
    initial: Scores,
  ) {
    this.#name = settings.watch;
    this.#mode = settings.metrics.find(({ name }) => name === settings.watch)?.mode ?? 'min';
    this.#patience = settings.patience ?? Infinity;
    this.#warmup = settings.warmup;
    this.#best = { epoch: -1, value: this.#value(initial) };
  }

  /** Null where the value was NaN each time. */
  get best(): BestEpoch | null {
    return Number.isNaN(this.#best.value) ? null : this.#best;
  }

  /** Looks at an epoch's scores; true where they are the best so far. Equal ones are not, nor is NaN. */
  see(epoch: number, scores: Scores): boolean {
    const value = this.#value(scores);
    const best = this.#best.value;
    const better = Number.isNaN(best) ? !Number.isNaN(value) : this.#mode === 'min' ? value < best : value > best;
    if (better) this.#best = { epoch, value };
    return better;
  }

  /** Whether enough epochs have gone by, up to this one, without a better value. */
  exhausted(epoch: number): boolean {
    return epoch - Math.max(this.#best.epoch, this.#warmup - 1) >= this.#patience;
  }

  #value(scores: Scores): number {
    return (scores as { readonly [name: string]: number })[this.#name] as number;
  }
}
