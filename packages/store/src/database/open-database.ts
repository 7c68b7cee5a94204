import { InstallError, StoreError } from '@reprise/core';
import { Database } from './database.js';
import type { Driver } from './driver.js';
import { migrations, schemaVersion } from './schema.js';

/** The first driver that can be used here. @throws InstallError where there is none. */
export function chooseDriver(drivers: readonly Driver[]): Driver {
  let cause: unknown;
  for (const driver of drivers) {
    const reason = driver.unavailable();
    if (reason === undefined) return driver;
    cause ??= reason;
  }
  throw new InstallError({
    package: drivers[0]?.name ?? 'SQLite',
    remedy:
      'Its binding is fetched or compiled by its install script: allow that (`npm rebuild better-sqlite3`, or `pnpm approve-builds`), ' +
      'or use Node 22.13 or later, which brings SQLite along.',
    cause,
  });
}

/**
 * Opens a log, and brings its schema up to date in one transaction.
 * @throws StoreError `STORE_CORRUPT`, `FORMAT_VERSION`, `STORE_READ_ONLY`, `STORE_BUSY`, `STORE_IO`, `DISK_FULL`
 */
export function openDatabase(driver: Driver, path: string, busyTimeout: number): Database {
  const database = new Database(driver, path);
  try {
    configure(database, busyTimeout);
    migrate(database);
    return database;
  } catch (error) {
    try {
      database.close();
    } catch {
      // The first failure is the one to tell.
    }
    throw error;
  }
}

function configure(database: Database, busyTimeout: number): void {
  database.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
  const { journal_mode: mode } = database.get<{ journal_mode: string }>('PRAGMA journal_mode = WAL')!;
  if (mode !== 'wal') {
    throw new StoreError(
      'STORE_IO',
      `The store's log at ${database.path} can't be kept in SQLite's WAL mode here (it stays in ${mode}): the file system lacks shared memory. ` +
        'Open the store on a local disk.',
      { path: database.path, expected: 'wal', found: mode },
    );
  }
  // FULL is not remembered in the file: without it, a commit can be lost with the power.
  database.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864');
}

function migrate(database: Database): void {
  if (versionOf(database) === schemaVersion) return;
  database.write(() => {
    const version = versionOf(database);
    if (version > schemaVersion) {
      throw new StoreError(
        'FORMAT_VERSION',
        `The store's log at ${database.path} has schema ${version}; this release reads up to ${schemaVersion}. Upgrade reprise to open it.`,
        { path: database.path, expected: schemaVersion, found: version },
      );
    }
    for (const step of migrations.slice(version)) database.exec(step);
    database.exec(`PRAGMA user_version = ${schemaVersion}`);
  });
}

function versionOf(database: Database): number {
  return database.get<{ user_version: number }>('PRAGMA user_version')!.user_version;
}
