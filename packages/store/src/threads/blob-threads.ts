import { availableParallelism } from 'node:os';
import { BlobThread, type Part, type Worked } from './blob-thread.js';

/** More than these wait for memory, not for processors. */
const most = Math.min(availableParallelism(), 4);

/** A few threads that hash, read and write: one until there is more to do than it can. */
export class BlobThreads {
  readonly #binding: string;
  readonly #threads: BlobThread[] = [];

  /** @param binding the file of the package that hashes */
  constructor(binding: string) {
    this.#binding = binding;
  }

  ask(memories: readonly ArrayBuffer[], parts: readonly (readonly Part[])[]): Promise<Worked> {
    return this.#free().ask(memories, parts);
  }

  /** The thread with the least to do; another one while all are busy. */
  #free(): BlobThread {
    const [first] = this.#threads.toSorted((a, b) => a.busy - b.busy);
    if (first !== undefined && (first.busy === 0 || this.#threads.length >= most)) return first;
    const thread = new BlobThread(this.#binding);
    this.#threads.push(thread);
    return thread;
  }
}
