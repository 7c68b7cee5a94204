import { betterSqlite3 } from '../../../store/src/database/better-sqlite3.js';
import { nodeSqlite } from '../../../store/src/database/node-sqlite.js';
import { chooseDriver } from '../../../store/src/database/open-database.js';

/** Adds a byte to the records of all ops of a kind: not what was written any more. */
export function damageRecords(database: string, kind: string): void {
  const other = chooseDriver([betterSqlite3, nodeSqlite]).open(database);
  const records = `SELECT record FROM op_log WHERE kind = '${kind}'`;
  other.exec(`UPDATE op_records SET body = CAST(body || x'00' AS BLOB) WHERE fingerprint IN (${records})`);
  other.close();
}
