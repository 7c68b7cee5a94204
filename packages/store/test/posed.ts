import type { Store } from '@reprise/core';
import type { Driver } from '../src/database/driver.js';
import { nodeFileSystem } from '../src/files/node-file-system.js';
import type { FileSystem } from '../src/files/file-system.js';
import { createHasher } from '../src/hasher.js';
import { openStoreWith } from '../src/open-store.js';
import type { ProcessIdentity, Processes } from '../src/owners/processes.js';
import { driver } from './checking-driver.js';

export interface PosedParts {
  readonly fileSystem?: FileSystem;
  readonly sqlite?: Driver;
  readonly turn?: () => Promise<void>;
}

/** Stores that are opened as if by several processes, on a clock of their own. */
export class Posed {
  #now = Date.now();
  #lastPid = 0;
  /** When each living process began. */
  readonly #alive = new Map<number, string>();
  readonly #stores: Store[] = [];

  readonly now = (): number => this.#now;

  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** A process of this machine that runs. */
  process(changes: Partial<ProcessIdentity> = {}): ProcessIdentity {
    this.#lastPid += 1;
    const self = { host: 'here', boot: 'boot', namespace: 'pid:[1]', pid: this.#lastPid, started: '100', ...changes };
    this.#alive.set(self.pid, self.started);
    return self;
  }

  /** A process of another container on this machine. */
  elsewhere(): ProcessIdentity {
    return this.process({ host: 'there', namespace: 'pid:[2]' });
  }

  kill({ pid }: ProcessIdentity): void {
    this.#alive.delete(pid);
  }

  /** Its number goes to a process that begins later. */
  replace({ pid }: ProcessIdentity): void {
    this.#alive.set(pid, '200');
  }

  processes(self: ProcessIdentity): Processes {
    return { self, startOf: (pid) => this.#alive.get(pid) ?? null };
  }

  async open(
    folder: string,
    self: ProcessIdentity = this.process(),
    { fileSystem = nodeFileSystem, sqlite = driver, turn }: PosedParts = {},
  ): Promise<Store> {
    const parts = {
      fileSystem,
      drivers: [sqlite],
      hasher: createHasher,
      processes: this.processes(self),
      now: this.now,
      ...(turn === undefined ? {} : { turn }),
    };
    const store = await openStoreWith(parts, folder);
    this.#stores.push(store);
    return store;
  }

  async close(): Promise<void> {
    await Promise.all(this.#stores.map((store) => store.close()));
  }
}
