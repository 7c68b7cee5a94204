import type { Moment } from '../training/course.js';
import type { SnapshotSettings } from '../training/snapshots.js';

/**
 * Unless the user says otherwise: milliseconds between two snapshots at least, at the ends of epochs and within one, and how much longer than the last
 * one took: at most a twentieth of the time goes into them.
 */
const leastBetween = 1000;
const leastWithin = 60_000;
const rarer = 20;

/** Says when a snapshot is due. */
export class SnapshotClock {
  readonly #every: SnapshotSettings['every'];
  readonly #epochs: number;
  readonly #elapsed: () => number;
  #at: number;
  #took = 0;
  /** Steps of this process, at the last snapshot. */
  #step = 0;

  /** @param epochs of the call: its end is stored with its record */
  constructor({ every }: SnapshotSettings, epochs: number, elapsed: () => number) {
    this.#every = every;
    this.#epochs = epochs;
    this.#elapsed = elapsed;
    this.#at = elapsed();
  }

  /** @param busy whether an earlier one is still being stored */
  due({ epochs, steps, step }: Moment, busy: boolean): boolean {
    if (epochs === this.#epochs) return false;
    const since = this.#elapsed() - this.#at;
    if (this.#every === null) {
      return !busy && since >= (steps === 0 ? leastBetween : leastWithin) && since >= rarer * this.#took;
    }
    const { epochs: everyEpochs, steps: everySteps, seconds } = this.#every;
    if (everyEpochs !== null && steps === 0 && epochs % everyEpochs === 0) return true;
    if (everySteps !== null && step - this.#step >= everySteps) return true;
    // Time goes on while one is stored: no second one waits behind it.
    return seconds !== null && !busy && since >= seconds * 1000;
  }

  taken({ step }: Moment): void {
    this.#at = this.#elapsed();
    this.#step = step;
  }

  stored(took: number): void {
    this.#took = took;
  }
}
