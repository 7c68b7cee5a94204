import { createRequire } from 'node:module';
import type { Driver, DriverConnection } from './driver.js';

type Constructor = new (path: string) => DriverConnection;

/** better-sqlite3: the one that is preferred. Loads its binding when first used. */
export const betterSqlite3: Driver = {
  name: 'better-sqlite3',
  unavailable(): unknown {
    try {
      new (load())(':memory:').close();
      return undefined;
    } catch (error) {
      return error;
    }
  },
  open: (path) => new (load())(path),
  failure(error): string | undefined {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
  },
};

function load(): Constructor {
  return createRequire(import.meta.url)('better-sqlite3') as Constructor;
}
