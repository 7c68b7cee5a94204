import { createRequire } from 'node:module';
import type { Driver, DriverConnection } from './driver.js';

type Constructor = new (path: string) => DriverConnection;

/** better-sqlite3: the one that is preferred. Loads its binding when first used. */
export const betterSqlite3: Driver = {
  name: 'better-sqlite3',
  unavailable(): unknown {
    try {
      kept(new (load())(':memory:')).close();
      return undefined;
    } catch (error) {
      return error;
    }
  },
  open(path): DriverConnection {
    const connection = kept(new (load())(path));
    return {
      prepare: (sql) => kept(connection.prepare(sql)),
      exec: (sql) => connection.exec(sql),
      close: () => connection.close(),
    };
  },
  failure(error): string | undefined {
    // It looks for the folder itself, and says this also where it could not look.
    if (error instanceof TypeError && error.message.startsWith('Cannot open database')) return 'SQLITE_CANTOPEN';
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
  },
};

/**
 * Node 24.21 ends the process (`Assertion failed: (env) != nullptr`) when an object of the binding is collected outside of any context,
 * as may happen between two turns of the event loop. So none ever is: what a closed connection leaves is small.
 */
function kept<T extends object>(made: T): T {
  never.push(made);
  return made;
}

const never: object[] = [];

function load(): Constructor {
  return createRequire(import.meta.url)('better-sqlite3') as Constructor;
}
