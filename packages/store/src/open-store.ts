import { dirname, resolve } from 'node:path';
import { StoreError, checkOptions, divergencePolicies, nonNegativeInteger, oneOf } from '@reprise/core';
import type { DivergencePolicy, Store } from '@reprise/core';
import { DiskBlobStore } from './blobs/disk-blob-store.js';
import { betterSqlite3 } from './database/better-sqlite3.js';
import type { Driver } from './database/driver.js';
import { nodeSqlite } from './database/node-sqlite.js';
import { chooseDriver, openDatabase } from './database/open-database.js';
import { SqliteFileDigests } from './file-digests.js';
import { fileError } from './files/file-error.js';
import type { FileSystem } from './files/file-system.js';
import { refuseNetwork } from './files/network.js';
import { nodeFileSystem } from './files/node-file-system.js';
import { Publisher } from './files/publisher.js';
import { readFormat, writeFormat } from './format.js';
import { createHasher, type DiskHasher } from './hasher.js';
import { layoutOf } from './layout.js';
import type { Layout } from './layout.js';
import { SqliteOpLog } from './log/sqlite-op-log.js';
import { SqliteLeases } from './owners/leases.js';
import { Owner } from './owners/owner.js';
import { type Processes, thisMachine } from './owners/processes.js';
import { DiskUpkeep } from './upkeep/disk-upkeep.js';

export interface StoreOptions {
  /** How long a commit waits for another process that writes, in milliseconds, before it fails with `STORE_BUSY`. Default 5000. */
  readonly busyTimeout?: number;
  /** What models do, unless they say otherwise, where their script calls something other than what is recorded. Default `'error'`. */
  readonly onDivergence?: DivergencePolicy;
}

/** What a store is put together from. */
export interface StoreParts {
  readonly fileSystem: FileSystem;
  /** The first one that works is used. */
  readonly drivers: readonly Driver[];
  readonly hasher: () => DiskHasher;
  /** Default: those of this machine. */
  readonly processes?: Processes;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly now?: () => number;
  /** Lets others go on between two transactions of a long task. Default: one turn of the event loop. */
  readonly turn?: () => Promise<void>;
}

const parts: StoreParts = { fileSystem: nodeFileSystem, drivers: [betterSqlite3, nodeSqlite], hasher: createHasher };

/**
 * Opens the embedded store in a folder, and makes it where there is none. Any number of processes can have one store open.
 * @throws InstallError where a native binding is missing; OptionError;
 * StoreError `STORE_NETWORK`, `FORMAT_VERSION`, `STORE_CORRUPT`, `STORE_READ_ONLY`, `STORE_BUSY`, `STORE_IO`, `DISK_FULL`
 */
export function openStore(folder: string, options: StoreOptions = {}): Promise<Store> {
  return openStoreWith(parts, folder, options);
}

/** The same from other parts. */
export async function openStoreWith(
  { fileSystem, drivers, hasher: makeHasher, processes = thisMachine(), now = Date.now, turn = nextTurn }: StoreParts,
  folder: string,
  options: StoreOptions = {},
): Promise<Store> {
  checkOptions('openStore()', options, ['busyTimeout', 'onDivergence']);
  const { busyTimeout = 5000, onDivergence } = options;
  if (onDivergence !== undefined) oneOf('openStore()', 'onDivergence', onDivergence, divergencePolicies);
  nonNegativeInteger('openStore()', 'busyTimeout', busyTimeout);

  const layout = layoutOf(resolve(folder));
  const hasher = makeHasher();
  const driver = chooseDriver(drivers);
  const owner = new Owner(processes, now);
  const publisher = new Publisher(fileSystem, layout.temporary, owner.id);
  await refuseNetwork(fileSystem, layout.root);
  const format = await readFormat(fileSystem, layout);
  await makeFolders(fileSystem, layout, format !== undefined);
  if (format !== undefined) await checkDatabase(fileSystem, layout);
  const database = openDatabase(driver, layout.database, busyTimeout);
  try {
    await writeFormat(publisher, layout, format);
  } catch (error) {
    database.close();
    throw error;
  }

  const blobs = new DiskBlobStore({ layout, hasher, fileSystem, publisher, database, owner });
  const leases = new SqliteLeases(database, owner);
  let closing: Promise<void> | undefined;
  return {
    location: layout.root,
    hasher,
    blobs,
    log: new SqliteOpLog(database, hasher, owner, blobs),
    files: new SqliteFileDigests(database),
    leases,
    upkeep: new DiskUpkeep({ database, layout, hasher, fileSystem, publisher, owner, blobs, now, turn }),
    onDivergence,
    close: () => (closing ??= close()),
  };

  async function close(): Promise<void> {
    await blobs.close();
    leases.close();
    try {
      owner.leave(database);
    } catch {
      // Its row says who it was: others find out that it is gone.
    }
    database.close();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}

/** Makes the folders of a store. Until there is a format.json, whoever made them may have been stopped before they were durable. */
async function makeFolders(fileSystem: FileSystem, layout: Layout, finished: boolean): Promise<void> {
  let path = layout.root;
  try {
    const first = await fileSystem.makeFolder(layout.root);
    const made = [await fileSystem.makeFolder(layout.blobs), await fileSystem.makeFolder(layout.temporary)];
    if (finished && made.every((folder) => folder === undefined)) return;
    await fileSystem.syncFolder(layout.root);
    const top = dirname(first ?? layout.root);
    do {
      path = dirname(path);
      await fileSystem.syncFolder(path);
    } while (path !== top);
  } catch (cause) {
    throw fileError(cause, { doing: 'write', what: 'make its folders', path });
  }
}

/** A finished store has a log: SQLite would make an empty one in its place, and everything would be forgotten in silence. */
async function checkDatabase(fileSystem: FileSystem, layout: Layout): Promise<void> {
  const path = layout.database;
  let size: number | undefined;
  try {
    size = await fileSystem.size(path);
  } catch (cause) {
    throw fileError(cause, { doing: 'read', what: 'look at its log', path });
  }
  if (size !== undefined && size > 0) return;
  const found = size === undefined ? 'missing' : 'empty';
  throw new StoreError(
    'STORE_CORRUPT',
    `The store's log ${path} is ${found}. npx reprise repair --rebuild makes it anew from the blobs; or put it back from a copy.`,
    { path, found },
  );
}
