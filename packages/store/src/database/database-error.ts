import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { RepriseError, StoreError } from '@reprise/core';

/** The typed error for a failure of SQLite's, by SQLite's name for it. */
export function databaseError(failure: string, path: string, cause: unknown): RepriseError {
  const details = { path, cause, found: failure };
  const what = `The store's log at ${path}`;
  const kind = failure.split('_', 2).join('_');
  // On a full disk a file can't be opened that has to be made, nor SQLite's shared memory grow.
  const isLacking = kind === 'SQLITE_CANTOPEN' || kind === 'SQLITE_IOERR';
  switch (isLacking && isFull(path) ? 'SQLITE_FULL' : kind) {
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return new StoreError(
        'STORE_BUSY',
        `${what} is being written to by another process, longer than this one waits. Nothing was recorded. ` +
          'Run again once it has finished, or open the store with a longer busyTimeout.',
        details,
      );
    case 'SQLITE_FULL':
      return new StoreError(
        'DISK_FULL',
        `${what} can't grow: the disk is full. Nothing was recorded. Free some space, then run again.`,
        details,
      );
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
    case 'SQLITE_PERM':
      return new StoreError(
        'STORE_READ_ONLY',
        `${what} can't be opened for writing (${failure}). Give this user write access to the folder and its files, or open the store somewhere else.`,
        details,
      );
    case 'SQLITE_CORRUPT':
    case 'SQLITE_NOTADB':
      return new StoreError(
        'STORE_CORRUPT',
        `${what} is damaged: SQLite can't read it (${failure}). npx reprise repair --rebuild makes the log anew from the blobs; or put back a copy of the folder.`,
        details,
      );
    case 'SQLITE_ERROR':
    case 'SQLITE_MISMATCH':
      return new StoreError(
        'STORE_CORRUPT',
        `${what} is damaged: its tables are not those that reprise made (${reason(cause)}). npx reprise repair --rebuild makes the log anew from the blobs; or put back a copy of the folder.`,
        details,
      );
    case 'SQLITE_TOOBIG':
      return new RepriseError(
        'UNRECORDABLE_VALUE',
        `A record is larger than the 1 GB that ${path} can hold in one row. Record less of it, such as a summary.`,
        { cause },
      );
    default:
      return new StoreError(
        'STORE_IO',
        `${what} failed (${failure}). Nothing was recorded. Check the disk and its mount, then run again.`,
        details,
      );
  }
}

function isFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < 64 * 1024;
  } catch {
    return false;
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'SQLITE_ERROR';
}
