import { betterSqlite3 } from '../src/database/better-sqlite3.js';
import type { Driver } from '../src/database/driver.js';
import { nodeSqlite } from '../src/database/node-sqlite.js';

/** The driver that works here. */
export const driver: Driver = [betterSqlite3, nodeSqlite].find((one) => one.unavailable() === undefined)!;

/** The same, and `check` sees the digest of every row that is about to say that a blob is durable. */
export function checkingDriver(check: (digest: string) => void): Driver {
  return {
    ...driver,
    open(path) {
      const connection = driver.open(path);
      return {
        exec: (sql) => connection.exec(sql),
        close: () => connection.close(),
        prepare(sql) {
          const statement = connection.prepare(sql);
          if (!sql.startsWith('INSERT INTO blobs')) return statement;
          return {
            get: (...values) => statement.get(...values),
            all: (...values) => statement.all(...values),
            run(...values) {
              check(String(values[0]));
              return statement.run(...values);
            },
          };
        },
      };
    },
  };
}
