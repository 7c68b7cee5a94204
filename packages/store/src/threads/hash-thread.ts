import { Worker } from 'node:worker_threads';
import { program } from './program.js';

/** A part of a piece of memory: hashed as it is, or read from a file first. */
export interface Part {
  readonly offset: number;
  readonly size: number;
  readonly path?: string;
}

export interface Hashed {
  /** What was handed over. */
  readonly memories: readonly ArrayBuffer[];
  /** In hex, of the parts of each. Null where a file was shorter than its part. */
  readonly digests: readonly (readonly (string | null)[])[];
}

type Answer =
  | Hashed
  | { readonly failure: { readonly code?: string; readonly syscall?: string; readonly message: string } };

/**
 * A thread that hashes. It starts when it is first asked, in about 30 ms of its own time, and keeps no process alive by itself. Memory is handed over
 * and back without a copy.
 */
export class HashThread {
  readonly #binding: string;
  #worker: Worker | undefined;
  readonly #waiting: { readonly resolve: (hashed: Hashed) => void; readonly reject: (error: unknown) => void }[] = [];

  /** @param binding the file of the package that hashes */
  constructor(binding: string) {
    this.#binding = binding;
  }

  /** How much is under way. */
  get busy(): number {
    return this.#waiting.length;
  }

  /** @throws what a file throws that can't be read, with its `code` */
  ask(memories: readonly ArrayBuffer[], parts: readonly (readonly Part[])[]): Promise<Hashed> {
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve, reject) => {
      // What can't be handed over throws here, and is not waited for.
      worker.postMessage({ memories, parts }, [...memories]);
      this.#waiting.push({ resolve, reject });
      // While something is under way, the process waits for it.
      worker.ref();
    });
  }

  #start(): Worker {
    const worker = new Worker(program, { eval: true, workerData: this.#binding, execArgv: [], name: 'reprise hash' });
    worker.on('message', (answer: Answer) => {
      const asked = this.#waiting.shift();
      if (this.#waiting.length === 0) worker.unref();
      if (!('failure' in answer)) asked?.resolve(answer);
      else asked?.reject(Object.assign(new Error(answer.failure.message), answer.failure));
    });
    worker.on('error', (error) => this.#fail(worker, error));
    worker.on('exit', () => this.#fail(worker, new Error('the thread that hashes ended')));
    worker.unref();
    return worker;
  }

  /** What was handed over is lost: whoever asked fails, and the next one gets a new thread. */
  #fail(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
