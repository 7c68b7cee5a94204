import { Worker } from 'node:worker_threads';

/** Digests, in hex, of the parts of some memory, which comes back with them. */
interface Answer {
  readonly memories: readonly ArrayBuffer[];
  readonly digests: readonly (readonly string[])[];
}

/** The program of the thread: text, since it has to run from sources and from what is built alike. */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { blake3 } = require(workerData);
parentPort.on('message', ({ memories, part }) => {
  const digests = memories.map((memory) => {
    const found = [];
    for (let at = 0; at < memory.byteLength; at += part) {
      found.push(blake3(new Uint8Array(memory, at, Math.min(part, memory.byteLength - at))).toString('hex'));
    }
    return found;
  });
  parentPort.postMessage({ memories, digests }, memories);
});
`;

/**
 * A thread that hashes. It starts when it is first asked, in about 30 ms of its own time, and keeps no process alive. Memory is handed over and back
 * without a copy.
 */
export class HashThread {
  readonly #binding: string;
  #worker: Worker | undefined;
  readonly #waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: unknown) => void }[] = [];

  /** @param binding the file of the package that hashes */
  constructor(binding: string) {
    this.#binding = binding;
  }

  ask(memories: readonly ArrayBuffer[], part: number): Promise<Answer> {
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      // While something is under way, the process waits for it.
      worker.ref();
      worker.postMessage({ memories, part }, [...memories]);
    });
  }

  #start(): Worker {
    const worker = new Worker(program, { eval: true, workerData: this.#binding, execArgv: [], name: 'reprise hash' });
    worker.on('message', (answer: Answer) => {
      const asked = this.#waiting.shift();
      if (this.#waiting.length === 0) worker.unref();
      asked?.resolve(answer);
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
