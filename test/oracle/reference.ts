import type { TrainResult } from '@reprise/core';
import type { PlayedCall } from './play.js';
import type { Spelled } from './spell.js';

/** What is known of a call that a store has answered. */
interface Known {
  /** What its record observes: a later call sees no more. Null where the oracle lost track of it. */
  readonly observes: Spelled['observes'] | null;
}

/** What a store keeps of the trains that differ in nothing but their number of epochs. */
interface Series {
  /** The epochs after which a finished one ended. */
  readonly ends: Set<number>;
  /** Where patience ran out. */
  stopped: number | null;
  /** The whole epochs of one that was interrupted. */
  running: number;
}

/** Whether a call has to work, and with how much done already. */
export type Verdict =
  /** Nothing that decides it differs from a call that this store has answered. */
  | { readonly kind: 'answered' }
  /** It was answered before, and its record may have been deleted since. */
  | { readonly kind: 'perhaps' }
  /** `kept`: how many epochs of the train this store has. */
  | { readonly kind: 'new'; readonly kept: number };

/** What a store has been told, kept beside it: an account of its own of which calls are new. */
export class Reference {
  readonly #known = new Map<string, Known>();
  readonly #series = new Map<string, Series>();
  /** Calls, and series, whose records may be gone. */
  readonly #perhaps = new Set<string>();

  verdict({ key, series }: Spelled, epochs: number): Verdict {
    if (this.#known.has(key)) return { kind: 'answered' };
    if (this.#perhaps.has(key) || (series !== null && this.#perhaps.has(series))) return { kind: 'perhaps' };
    const kept = series === null ? undefined : this.#series.get(series);
    if (kept === undefined) return { kind: 'new', kept: 0 };
    const stops = kept.stopped !== null && kept.stopped < epochs;
    if (stops || kept.ends.has(epochs) || kept.running === epochs) return { kind: 'answered' };
    return { kind: 'new', kept: Math.max(0, ...[...kept.ends, kept.running].filter((end) => end < epochs)) };
  }

  known({ key }: Spelled): Known | undefined {
    return this.#known.get(key);
  }

  /** A recorded call was answered. */
  note({ call, value, how }: PlayedCall, { key, series, observes }: Spelled): void {
    if (!this.#known.has(key)) this.#known.set(key, { observes: how === 'run' ? observes : null });
    if (series === null || call.kind !== 'train') return;
    const { epochs, stopped } = value as TrainResult;
    const kept = this.#of(series);
    kept.ends.add(epochs);
    if (stopped === 'patience') kept.stopped = epochs;
    if (kept.running <= epochs) kept.running = 0;
  }

  /** A train was interrupted, and gave notice of it. */
  noteInterrupted({ series }: Spelled, wholeEpochs: number): void {
    if (series === null || wholeEpochs <= 0) return;
    const kept = this.#of(series);
    kept.running = Math.max(kept.running, wholeEpochs);
  }

  /** Records may have gone. */
  forget(): void {
    for (const key of [...this.#known.keys(), ...this.#series.keys()]) this.#perhaps.add(key);
    this.#known.clear();
    this.#series.clear();
  }

  #of(series: string): Series {
    const kept = this.#series.get(series) ?? { ends: new Set(), stopped: null, running: 0 };
    this.#series.set(series, kept);
    return kept;
  }
}
