import { RepriseError } from '../errors/base.js';
import type { Host } from '../ports/host.js';

/** Signals that ask the process to end: they stop the op that runs, in good order. */
export class Interrupts {
  readonly #host: Host;
  readonly #heeded: boolean;

  /** @param heeded false where the script looks after signals itself */
  constructor(host: Host, heeded: boolean) {
    this.#host = host;
    this.#heeded = heeded;
  }

  /**
   * Listens while an op runs. Returns what ends that, once all that has come is heard.
   * @param stores whether the op stores where it is when it is stopped
   * @param end stops the op with an `INTERRUPTED`
   */
  during(title: string, stores: boolean, end: (error: RepriseError) => void): () => Promise<void> {
    if (!this.#heeded || this.#host.onSignal === undefined) return async () => undefined;
    const stop = this.#host.onSignal((signal) => {
      const now = stores ? `${title} ends after this step, and stores where it is` : `${title} ends`;
      this.#host.output.write(`${signal}: ${now}. Once more ends the process at once.\n`);
      const later = stores
        ? 'What it had come to is stored: the same call goes on from there'
        : 'It is not recorded, unless it had ended: it is made again';
      end(new RepriseError('INTERRUPTED', `${signal} ended ${title}. ${later} when the script runs again.`));
    });
    return async () => {
      // A signal that came while a function of the user held the thread is heard in the next turn.
      await new Promise((resolve) => setImmediate(resolve));
      stop();
    };
  }
}
