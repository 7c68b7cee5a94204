import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { betterSqlite3 } from '../../packages/store/src/database/better-sqlite3.js';
import type { DriverConnection, SqlValue } from '../../packages/store/src/database/driver.js';
import { migrations } from '../../packages/store/src/database/schema.js';
import { prepare } from './ops.js';

/** Makes the store that an op is done to. Says whether there is one: what makes a store begins with none. */
export async function makeBase(op: string, folder: string): Promise<boolean> {
  if (op === 'make') return false;
  await prepare(folder);
  if (op === 'migrate') await makeOlder(folder, 2);
  return true;
}

/** Turns a store into one of an earlier schema, with the same content so far as that can hold it. */
async function makeOlder(folder: string, schema: number): Promise<void> {
  const path = join(folder, 'log.db');
  const older = betterSqlite3.open(`${path}.older`);
  older.exec('PRAGMA journal_mode = WAL');
  for (const step of migrations.slice(0, schema)) older.exec(step);
  older.prepare('ATTACH ? AS newer').run(path);
  const tables = older.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'").all() as { name: string }[];
  for (const { name } of tables) {
    const columns = columnsOf(older, 'main', name).filter((column) => columnsOf(older, 'newer', name).includes(column));
    const list = columns.map((column) => `"${column}"`).join(', ');
    if (list !== '') older.exec(`INSERT OR REPLACE INTO main."${name}" (${list}) SELECT ${list} FROM newer."${name}"`);
  }
  older.exec(`PRAGMA user_version = ${schema}`);
  older.close();
  for (const end of ['', '-wal', '-shm']) await rm(path + end, { force: true });
  await rename(`${path}.older`, path);
  await writeFile(join(folder, 'format.json'), `{"blob":1,"record":1,"schema":${schema}}\n`);
}

function columnsOf(database: DriverConnection, schema: string, table: string): readonly string[] {
  const sql = 'SELECT name FROM pragma_table_info(?, ?)';
  return (database.prepare(sql).all(table satisfies SqlValue, schema) as { name: string }[]).map(({ name }) => name);
}
