import { describe } from '../options/describe.js';
import { OptionError } from '../errors/option-error.js';
import type { Monitors } from '../components/schedule.js';

/** A quantity that was logged, value by value. */
export interface LoggedSeries {
  /** The callback that logged it. */
  readonly by: string;
  /** Whether there is a value for each time it was logged, or the mean over each epoch. */
  readonly per: 'step' | 'epoch';
  /** Updates over the life of the state, when each value was logged. */
  readonly steps: Float64Array;
  /** The epoch of each value within the call, from 0; −1 before the first. */
  readonly epochs: Float64Array;
  readonly values: Float64Array;
}

/** By key. */
export type LoggedQuantities = { readonly [key: string]: LoggedSeries };

/** The same, of a train under way: it may become more. */
export interface LoggedView {
  readonly per: 'step' | 'epoch';
  readonly steps: ArrayLike<number>;
  readonly epochs: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** Quantities in the middle of an epoch, as data. */
export interface LoggedSoFar {
  readonly series: LoggedQuantities;
  /** Sums over the epoch under way, and of how many values. */
  readonly sums: { readonly [key: string]: { readonly sum: number; readonly count: number } };
}

interface Quantity {
  readonly by: string;
  readonly per: 'step' | 'epoch';
  readonly steps: number[];
  readonly epochs: number[];
  readonly values: number[];
  /** Of the epoch under way. */
  sum: number;
  count: number;
}

/** Where training is. */
interface Moment {
  readonly epoch: number;
  readonly step: number;
}

/** What the callbacks of a train have logged. */
export class Logged {
  readonly #quantities = new Map<string, Quantity>();
  readonly #taken: ReadonlySet<string>;

  /** @param scores names that the call has scores of already */
  constructor(scores: Iterable<string>, from: LoggedSoFar | null = null) {
    this.#taken = new Set(scores);
    for (const [key, { by, per, steps, epochs, values }] of Object.entries(from?.series ?? {})) {
      const { sum = 0, count = 0 } = from?.sums[key] ?? {};
      const lists = { steps: [...steps], epochs: [...epochs], values: [...values] };
      this.#quantities.set(key, { by, per, ...lists, sum, count });
    }
  }

  /** @throws OptionError `INVALID_OPTION` */
  log(by: string, key: string, value: number, per: 'step' | 'epoch', at: Moment): void {
    if (typeof value !== 'number') throw refused(by, `'${key}' needs a number, and got ${describe(value)}`);
    const quantity = this.#quantities.get(key) ?? this.#begin(by, key, per);
    if (quantity.by !== by)
      throw refused(by, `'${key}' is logged by the callback '${quantity.by}' already. Take another key`);
    if (quantity.per !== per) {
      throw refused(
        by,
        `'${key}' is logged per ${quantity.per} already. Say { per: '${quantity.per}' } here too, or take another key`,
      );
    }
    quantity.sum += value;
    quantity.count++;
    if (per === 'step') push(quantity, at, value);
  }

  /** The means over the epoch under way, by key. @param of the callbacks that logged them; default: all */
  means(of: (callback: string) => boolean = () => true): Monitors {
    return Object.fromEntries(
      [...this.#quantities].flatMap(([key, { by, sum, count }]) =>
        count === 0 || !of(by) ? [] : [[key, sum / count]],
      ),
    );
  }

  /** The epoch, or what comes before the first one, has ended. */
  endEpoch(at: Moment): void {
    for (const quantity of this.#quantities.values()) {
      if (quantity.per === 'epoch' && quantity.count > 0) push(quantity, at, quantity.sum / quantity.count);
      quantity.sum = 0;
      quantity.count = 0;
    }
  }

  /** All that was logged, as data: copies. */
  soFar(): LoggedSoFar {
    const under = [...this.#quantities].filter(([, { count }]) => count > 0);
    return {
      series: this.series(),
      sums: Object.fromEntries(under.map(([key, { sum, count }]) => [key, { sum, count }])),
    };
  }

  series(): LoggedQuantities {
    return Object.fromEntries(
      [...this.#quantities].map(([key, { by, per, steps, epochs, values }]) => [
        key,
        {
          by,
          per,
          steps: Float64Array.from(steps),
          epochs: Float64Array.from(epochs),
          values: Float64Array.from(values),
        },
      ]),
    );
  }

  /** All that was logged, without a copy: what is logged later shows in it. */
  view(): { readonly [key: string]: LoggedView } {
    return Object.fromEntries(this.#quantities);
  }

  /** The callback that logs this; undefined where none has. */
  loggerOf(key: string): string | undefined {
    return this.#quantities.get(key)?.by;
  }

  /** The names of scores, and of what was logged. */
  names(): readonly string[] {
    return [...this.#taken, ...this.#quantities.keys()];
  }

  #begin(by: string, key: string, per: 'step' | 'epoch'): Quantity {
    if (typeof key !== 'string' || key === '') throw refused(by, `the key has to be a text, and is ${describe(key)}`);
    // Files of figures and filenames have these beside what is logged.
    if (key === 'step' || key === 'epoch') throw refused(by, `'${key}' says where a value belongs. Take another key`);
    if (/\p{Surrogate}/u.test(key)) throw refused(by, 'the key has half a surrogate pair, which no file can hold');
    if (this.#taken.has(key)) throw refused(by, `'${key}' is a score of this call already. Take another key`);
    if (per !== 'step' && per !== 'epoch')
      throw refused(by, `per has to be 'step' or 'epoch', and is ${describe(per)}`);
    const quantity: Quantity = { by, per, steps: [], epochs: [], values: [], sum: 0, count: 0 };
    this.#quantities.set(key, quantity);
    return quantity;
  }
}

function push(quantity: Quantity, { epoch, step }: Moment, value: number): void {
  quantity.steps.push(step);
  quantity.epochs.push(epoch);
  quantity.values.push(value);
}

function refused(by: string, why: string): OptionError {
  const where = `callback '${by}' log()`;
  return new OptionError('INVALID_OPTION', `${where}: ${why}.`, { where, option: 'key' });
}
