import type { OnProgress } from '@reprise/core';
import type { Sink } from './io.js';

/** What is over sooner needs no telling. */
const quiet = 500;
/** Redrawn at most so often, in milliseconds. */
const often = 100;

/** How far a long task has come, on one line of a terminal that is drawn anew. Anywhere else it says nothing. */
export class ProgressLine {
  readonly #sink: Sink;
  readonly #now: () => number;
  readonly #began: number;
  #drawn: number | undefined;

  constructor(sink: Sink, now: () => number) {
    this.#sink = sink;
    this.#now = now;
    this.#began = now();
  }

  readonly show: OnProgress = ({ what, done, total }) => {
    const now = this.#now();
    if (!this.#sink.isTerminal || now - this.#began < quiet || now - (this.#drawn ?? 0) < often) return;
    this.#drawn = now;
    const share = total === 0 ? 100 : Math.floor((100 * done) / total);
    this.#sink.write(`\r\u001b[K${`${what}: ${done} of ${total} (${share} %)`.slice(0, this.#sink.columns - 1)}`);
  };

  /** Takes the line away. */
  clear(): void {
    if (this.#drawn !== undefined) this.#sink.write('\r\u001b[K');
    this.#drawn = undefined;
  }
}
