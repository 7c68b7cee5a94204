import { availableParallelism } from 'node:os';
import { type Hashed, HashThread, type Part } from './hash-thread.js';

/** More than these wait for memory, not for processors. */
const most = Math.min(availableParallelism(), 4);

/** A few threads that hash: one until there is more to do than it can. */
export class HashThreads {
  readonly #binding: string;
  readonly #threads: HashThread[] = [];

  /** @param binding the file of the package that hashes */
  constructor(binding: string) {
    this.#binding = binding;
  }

  ask(memories: readonly ArrayBuffer[], parts: readonly (readonly Part[])[]): Promise<Hashed> {
    return this.#free().ask(memories, parts);
  }

  /** The thread with the least to do; another one while all are busy. */
  #free(): HashThread {
    const [first] = this.#threads.toSorted((a, b) => a.busy - b.busy);
    if (first !== undefined && (first.busy === 0 || this.#threads.length >= most)) return first;
    const thread = new HashThread(this.#binding);
    this.#threads.push(thread);
    return thread;
  }
}
