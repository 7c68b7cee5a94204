import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeBlobStore, describeLeases, describeOpLog } from '@reprise/conformance';
import type { LeasesClient, LeasesFixture } from '@reprise/conformance';
import type { Digest, Store } from '@reprise/core';
import { describe } from 'vitest';
import { betterSqlite3 } from '../src/database/better-sqlite3.js';
import { nodeSqlite } from '../src/database/node-sqlite.js';
import { nodeFileSystem } from '../src/files/node-file-system.js';
import { createHasher } from '../src/hasher.js';
import { blobPath, layoutOf } from '../src/layout.js';
import { openStoreWith } from '../src/open-store.js';
import { leaseTime } from '../src/owners/leases.js';
import type { ProcessIdentity } from '../src/owners/processes.js';
import { Posed } from './posed.js';

interface Opened extends Store {
  damage(digest: Digest, bytes: Uint8Array | null): Promise<void>;
}

/** Node 20 has no SQLite of its own; the machine that runs the tests always has one of the two. */
const drivers = [betterSqlite3, nodeSqlite].filter((driver) => driver.unavailable() === undefined);

describe.each(drivers)('with $name', (driver) => {
  const suite = {
    async create(): Promise<Opened> {
      const folder = await mkdtemp(join(tmpdir(), 'reprise-store-'));
      const store = await openStoreWith(
        { fileSystem: nodeFileSystem, drivers: [driver], hasher: createHasher },
        folder,
      );
      return { ...store, damage: (digest, bytes) => replace(blobPath(layoutOf(folder), digest).file, bytes) };
    },
    async destroy(store: Opened): Promise<void> {
      await store.close();
      await rm(store.location, { recursive: true });
    },
  };
  describeBlobStore('disk', suite);
  describeOpLog('sqlite', suite);
  describeLeases('sqlite', {
    async create(): Promise<LeasesFixture & { readonly end: () => Promise<void> }> {
      const folder = await mkdtemp(join(tmpdir(), 'reprise-store-'));
      const posed = new Posed();
      const self = posed.process();
      const pids = new Map<LeasesClient, ProcessIdentity>();
      const open = async (process: ProcessIdentity): Promise<Store> => {
        const store = await posed.open(folder, process, { sqlite: driver });
        pids.set(store, process);
        return store;
      };
      return {
        ...(await open(self)),
        again: () => open(self),
        other: (where) => open(where === 'here' ? posed.process() : posed.elsewhere()),
        kill: (client) => posed.kill(pids.get(client)!),
        pass: (milliseconds) => posed.pass(milliseconds),
        lasts: leaseTime,
        end: async () => {
          await posed.close();
          await rm(folder, { recursive: true });
        },
      };
    },
    destroy: (fixture) => (fixture as unknown as { end: () => Promise<void> }).end(),
  });
});

async function replace(path: string, bytes: Uint8Array | null): Promise<void> {
  if (bytes === null) return rm(path);
  await writeFile(`${path}.new`, bytes);
  await rename(`${path}.new`, path);
}
