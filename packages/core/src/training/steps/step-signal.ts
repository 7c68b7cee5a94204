/**
 * A signal that waits for the step under way, where a step takes several batches: training can be gone on with between two steps only. Without it, the
 * batches of a step that had begun would be lost, and what its buffers had moved by would stay.
 */
export class StepSignal {
  readonly #outer: AbortSignal;
  readonly #controller = new AbortController();
  #stepping = false;

  constructor(outer: AbortSignal) {
    this.#outer = outer;
    if (outer.aborted) this.#heed();
    else outer.addEventListener('abort', this.#heed, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @throws the signal's reason */
  begin(): void {
    this.#outer.throwIfAborted();
    this.#stepping = true;
  }

  end(): void {
    this.#stepping = false;
    if (this.#outer.aborted) this.#heed();
  }

  /** Nothing is listened to any more. */
  stop(): void {
    this.#outer.removeEventListener('abort', this.#heed);
  }

  readonly #heed = (): void => {
    if (!this.#stepping) this.#controller.abort(this.#outer.reason);
  };
}
