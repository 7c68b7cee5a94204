/**
 * Syncs folders, once for all who ask at the same time. A sync that has begun may have missed the names that were made since,
 * so those who come meanwhile share the next one.
 */
export class FolderSync {
  readonly #sync: (folder: string) => Promise<void>;
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  constructor(sync: (folder: string) => Promise<void>) {
    this.#sync = sync;
  }

  sync(folder: string): Promise<void> {
    const running = this.#running.get(folder);
    if (running === undefined) return this.#start(folder);
    let next = this.#next.get(folder);
    if (next === undefined) {
      const begin = (): Promise<void> => {
        this.#next.delete(folder);
        return this.#start(folder);
      };
      next = running.then(begin, begin);
      this.#next.set(folder, next);
    }
    return next;
  }

  #start(folder: string): Promise<void> {
    const done = (): void => {
      if (this.#running.get(folder) === running) this.#running.delete(folder);
    };
    const running: Promise<void> = this.#sync(folder).finally(done);
    this.#running.set(folder, running);
    return running;
  }
}
