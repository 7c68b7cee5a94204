import type { Store } from '@reprise/core';
import type { DriverConnection } from '../../packages/store/src/database/driver.js';
import type { SqliteLeases } from '../../packages/store/src/owners/leases.js';
import type { ProcessIdentity } from '../../packages/store/src/owners/processes.js';
import type { Posed } from '../../packages/store/test/posed.js';
import { mortalDriver, steppingFileSystem } from './mortal-parts.js';
import type { Mortal, Turns } from './turns.js';

/** A process that can be killed, with the store as it has it open. */
export class Process implements Mortal {
  readonly #posed: Posed;
  readonly #turns: Turns;
  readonly #identity: ProcessIdentity;
  readonly #connections: DriverConnection[] = [];
  #store: Store | undefined;
  #dead = false;
  #die: () => void = () => undefined;
  readonly #death = new Promise<'died'>((resolve) => {
    this.#die = () => resolve('died');
  });

  constructor(posed: Posed, turns: Turns, identity: ProcessIdentity) {
    this.#posed = posed;
    this.#turns = turns;
    this.#identity = identity;
  }

  get dead(): boolean {
    return this.#dead;
  }

  kill(): void {
    this.#dead = true;
    this.#posed.kill(this.#identity);
    this.#die();
  }

  /** What the body comes to, each step of which waits for its turn; or that the process died over it. */
  async run<T>(folder: string, body: (store: Store) => Promise<T>): Promise<T | 'died'> {
    const running = (async () => {
      this.#store ??= await this.#posed.open(folder, this.#identity, {
        fileSystem: steppingFileSystem(this.#turns, this),
        sqlite: mortalDriver(this, this.#connections),
        turn: () => this.#turns.between(this),
      });
      await this.#turns.wait(this);
      return body(this.#store);
    })();
    // What a dead process still throws, nobody hears.
    running.catch(() => undefined);
    return Promise.race([running, this.#death]);
  }

  /** What the system does when a process has ended. */
  bury(): void {
    this.#dead = true;
    (this.#store?.leases as SqliteLeases | undefined)?.close();
    for (const connection of this.#connections) connection.close();
  }
}
