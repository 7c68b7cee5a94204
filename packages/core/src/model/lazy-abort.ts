/** Stops a running op. Most ops are replayed and never ask for a signal, which costs more than a look-up. */
export class LazyAbort {
  #controller: AbortController | undefined;

  /** Aborted by this, and by the user's own signal where there is one. */
  signal(own?: AbortSignal): AbortSignal {
    this.#controller ??= new AbortController();
    const { signal } = this.#controller;
    return own === undefined ? signal : AbortSignal.any([signal, own]);
  }

  abort(reason: Error): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }
}
