import { join, resolve } from 'node:path';
import { RepriseError, StoreError } from '@reprise/core';
import type { OnProgress } from '@reprise/core';
import { betterSqlite3 } from '../database/better-sqlite3.js';
import type { Database } from '../database/database.js';
import { nodeSqlite } from '../database/node-sqlite.js';
import { chooseDriver, openDatabase } from '../database/open-database.js';
import { fileError } from '../files/file-error.js';
import { refuseNetwork } from '../files/network.js';
import { nodeFileSystem } from '../files/node-file-system.js';
import { Publisher } from '../files/publisher.js';
import { type Format, readFormat, writeFormat } from '../format.js';
import { createHasher } from '../hasher.js';
import { layoutOf, type Layout } from '../layout.js';
import { Owner } from '../owners/owner.js';
import { thisMachine } from '../owners/processes.js';
import { setFileAside } from '../upkeep/repair-blobs.js';
import { verifyDatabase } from '../upkeep/verify-database.js';
import { fillLog } from './fill-log.js';
import { scanBlobs } from './scan-blobs.js';

/** What was found again. */
export interface Rebuilt {
  readonly models: number;
  readonly checkpoints: number;
  readonly ops: number;
  readonly blobs: { readonly count: number; readonly bytes: number };
  /** States of these ops of which a blob is missing: their script computes them again. */
  readonly incomplete: number;
  /** Files that are no blobs: their bytes are not those of their names. They were left where they are. */
  readonly damaged: readonly string[];
  /** Where the old log went; null where there was none, or where it was kept. */
  readonly oldLog: string | null;
  /** Whether the log was whole, and format.json alone was written anew. */
  readonly logKept: boolean;
}

/** As `rebuildStore` says, which loads this. */
export async function rebuild(folder: string, onProgress: OnProgress): Promise<Rebuilt> {
  const layout = layoutOf(resolve(folder));
  const [fileSystem, hasher, driver] = [nodeFileSystem, createHasher(), chooseDriver([betterSqlite3, nodeSqlite])];
  await refuseNetwork(fileSystem, layout.root);
  if (fileSystem.lookNow(layout.blobs)?.isFolder !== true) throw noStore(layout);
  const format = await formatOf(layout);
  const isLogWhole = isWhole(layout, () => openDatabase(driver, layout.database, 0));
  if (isLogWhole && format !== 'damaged') throw whole(layout);

  const owner = new Owner(thisMachine(), Date.now);
  const publisher = new Publisher(fileSystem, layout.temporary, owner.id);
  await fileSystem.makeFolder(layout.temporary);
  if (format === 'damaged') await setFileAside({ fileSystem, layout }, layout.format, 'format.json');
  if (isLogWhole) {
    await writeFormat(publisher, layout, undefined);
    return { ...nothing, logKept: true };
  }
  const made = join(layout.temporary, `${owner.id}-log.db`);
  try {
    const scan = await scanBlobs(fileSystem, layout, hasher, onProgress);
    const database = openDatabase(driver, made, 0);
    let filled: ReturnType<typeof fillLog>;
    try {
      filled = fillLog(database, hasher, scan);
      // All of it into the one file that is moved.
      database.get('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      database.close();
    }
    const oldLog = await putInPlace(layout, made);
    await writeFormat(publisher, layout, format === 'damaged' ? undefined : format);
    const bytes = scan.blobs.reduce((sum, { size }) => sum + size, 0);
    return { ...filled, blobs: { count: scan.blobs.length, bytes }, damaged: scan.damaged, oldLog, logKept: false };
  } catch (cause) {
    for (const end of ['', '-wal', '-shm']) fileSystem.removeNow(`${made}${end}`);
    throw fileError(cause, { doing: 'write', what: 'make its log anew', path: layout.root });
  }
}

const nothing = {
  models: 0,
  checkpoints: 0,
  ops: 0,
  blobs: { count: 0, bytes: 0 },
  incomplete: 0,
  damaged: [],
  oldLog: null,
};

/** What format.json says; undefined where there is none. What a newer release wrote is not for this one to make anew. */
async function formatOf(layout: Layout): Promise<Format | 'damaged' | undefined> {
  try {
    return await readFormat(nodeFileSystem, layout);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'STORE_CORRUPT') return 'damaged';
    throw error;
  }
}

/** The old log goes aside, the new one takes its place. Stopped between the two, there is no log: the next rebuild makes it again. */
async function putInPlace(layout: Layout, made: string): Promise<string | null> {
  const fileSystem = nodeFileSystem;
  const moved: { readonly file: string; readonly aside: string }[] = [];
  try {
    for (const end of ['', '-wal', '-shm']) {
      const file = `${layout.database}${end}`;
      if (fileSystem.lookNow(file) === undefined) continue;
      moved.push({ file, aside: await setFileAside({ fileSystem, layout }, file, `log.db${end}`) });
    }
    await fileSystem.rename(made, layout.database);
  } catch (error) {
    for (const { file, aside } of moved.toReversed()) await fileSystem.rename(aside, file).catch(() => undefined);
    throw error;
  }
  await fileSystem.syncFolder(layout.root);
  return moved.find(({ file }) => file === layout.database)?.aside ?? null;
}

function isWhole({ database: path }: Layout, open: () => Database): boolean {
  const size = nodeFileSystem.sizeNow(path);
  if (size === undefined || size === 0) return false;
  let database: Database;
  try {
    database = open();
  } catch (error) {
    if (error instanceof RepriseError && error.code === 'STORE_CORRUPT') return false;
    throw error;
  }
  try {
    return verifyDatabase(database, true).length === 0;
  } finally {
    try {
      database.close();
    } catch {
      // It is damaged: what it says when it is closed tells nothing new.
    }
  }
}

function whole({ database }: Layout): RepriseError {
  return new RepriseError(
    'REFUSED',
    `The log ${database} is whole, so it was not made anew: tags and snapshots would be lost. npx reprise verify --full says what else may be wrong.`,
  );
}

function noStore({ root, blobs }: Layout): StoreError {
  return new StoreError(
    'STORE_CORRUPT',
    `${root} has no folder ${blobs}, so there is nothing to make a log from. Put back a copy of the folder.`,
    { path: blobs, found: 'missing' },
  );
}
