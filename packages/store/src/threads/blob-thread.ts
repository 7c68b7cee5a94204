import { StoreError } from '@reprise/core';
import { Worker } from 'node:worker_threads';
import { program } from './program.js';

/** A part of a piece of memory: hashed as it is; or read from a file first; or written to one. */
export interface Part {
  readonly offset: number;
  readonly size: number;
  readonly from?: string;
  readonly to?: { readonly temporary: string; readonly folder: string; readonly path: string };
}

export interface Worked {
  /** What was handed over. */
  readonly memories: readonly ArrayBuffer[];
  /**
   * Of the parts of each: the digest in hex; null where a file was shorter than its part, and for what was written. Fewer where something failed: those
   * that were done before.
   */
  readonly results: readonly (readonly (string | null)[])[];
  /** What a file threw. */
  readonly failure: Error | null;
}

type Answer = Omit<Worked, 'failure'> & {
  readonly failure: { readonly code?: string; readonly syscall?: string; readonly message: string } | null;
};

/**
 * A thread that hashes, reads and writes blobs. It starts when it is first asked, in about 30 ms of its own time, and keeps no process alive by itself.
 * Memory is handed over and back without a copy.
 */
export class BlobThread {
  readonly #binding: string;
  #worker: Worker | undefined;
  readonly #waiting: { readonly resolve: (worked: Worked) => void; readonly reject: (error: unknown) => void }[] = [];

  /** @param binding the file of the package that hashes */
  constructor(binding: string) {
    this.#binding = binding;
  }

  /** How much is under way. */
  get busy(): number {
    return this.#waiting.length;
  }

  ask(memories: readonly ArrayBuffer[], parts: readonly (readonly Part[])[]): Promise<Worked> {
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
    const worker = new Worker(program, { eval: true, workerData: this.#binding, execArgv: [], name: 'reprise blobs' });
    worker.on('message', ({ failure, ...worked }: Answer) => {
      const asked = this.#waiting.shift();
      if (this.#waiting.length === 0) worker.unref();
      asked?.resolve({ ...worked, failure: failure && Object.assign(new Error(failure.message), failure) });
    });
    worker.on('error', (error) => this.#fail(worker, error));
    worker.on('exit', () => this.#fail(worker, new Error('it exited')));
    worker.unref();
    return worker;
  }

  /** What was handed over is lost: whoever asked fails, and the next one gets a new thread. */
  #fail(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const reason = error instanceof Error ? error.message : String(error);
    const ended = new StoreError(
      'STORE_IO',
      `The store's thread that hashes, reads and writes blobs ended: ${reason}. What it had in memory is lost; what is recorded is not. ` +
        'Run again: a train goes on from its last snapshot.',
      { cause: error },
    );
    for (const { reject } of this.#waiting.splice(0)) reject(ended);
  }
}
