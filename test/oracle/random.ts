import { stream } from '@reprise/core';

/** Choices that follow from a seed and a name. */
export class Random {
  readonly #stream: ReturnType<typeof stream>;

  constructor(seed: number, name: string) {
    this.#stream = stream(seed, `oracle/${name}`);
  }

  /** Whole, from 0 to `below` − 1. */
  below(below: number): number {
    return this.#stream.integer(below);
  }

  /** Whole, both ends included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.#stream.uniform() < probability;
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError('There is nothing to pick from.');
    return from[this.below(from.length)] as T;
  }

  /** One of these that isn't the present one. */
  other<T>(from: readonly T[], present: T): T {
    return this.pick(from.filter((each) => each !== present));
  }

  weighted<T>(from: readonly (readonly [weight: number, value: T])[]): T {
    let at = this.#stream.uniform() * from.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of from) {
      at -= weight;
      if (at < 0) return value;
    }
    return (from.at(-1) as readonly [number, T])[1];
  }
}
