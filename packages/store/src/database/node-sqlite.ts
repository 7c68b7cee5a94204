import { createRequire } from 'node:module';
import type { Driver, DriverConnection } from './driver.js';

interface NodeSqlite {
  readonly DatabaseSync: new (path: string) => DriverConnection;
}

/** SQLite's primary result codes that the store tells apart (https://sqlite.org/rescode.html). */
const names: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  18: 'SQLITE_TOOBIG',
  19: 'SQLITE_CONSTRAINT',
  26: 'SQLITE_NOTADB',
};

/** The SQLite inside Node, from 22.13 on: for machines without the binding of better-sqlite3. */
export const nodeSqlite: Driver = {
  name: 'node:sqlite',
  unavailable(): unknown {
    try {
      load();
      return undefined;
    } catch (error) {
      return error;
    }
  },
  open: (path) => new (load().DatabaseSync)(path),
  failure(error): string | undefined {
    // A whole number that was never written: none is read back that a number can't hold.
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_OUT_OF_RANGE') return 'SQLITE_CORRUPT';
    const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
    if (typeof code !== 'number') return undefined;
    // The low byte of an extended code is its primary code.
    return names[code & 0xff] ?? 'SQLITE_ERROR';
  },
};

function load(): NodeSqlite {
  return createRequire(import.meta.url)('node:sqlite') as NodeSqlite;
}
