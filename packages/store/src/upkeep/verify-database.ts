import { RepriseError } from '@reprise/core';
import type { Damage } from '@reprise/core';
import type { Database } from '../database/database.js';
import { migrations } from '../database/schema.js';

/** What SQLite itself says of its file; with `full`, whether its tables are still those that were made. */
export function verifyDatabase(database: Database, full: boolean): readonly Damage[] {
  const found = full ? 'integrity_check' : 'quick_check';
  const damage = (what: string): Damage => ({
    kind: 'database',
    subject: 'log.db',
    path: database.path,
    expected: 'ok',
    found: what,
    ops: [],
  });
  try {
    const rows = database.all<Readonly<Record<string, string>>>(`PRAGMA ${found}(20)`);
    const said = rows.map((row) => Object.values(row)[0] ?? '').filter((text) => text !== 'ok');
    const keys = database.all<{ table: string; parent: string }>('PRAGMA foreign_key_check');
    const dangling = keys
      .slice(0, 20)
      .map(({ table, parent }) => `a row of ${table} names one of ${parent} that is not there`);
    return [...said, ...dangling, ...(full ? changedTables(database) : [])].map(damage);
  } catch (error) {
    if (!(error instanceof RepriseError) || error.code !== 'STORE_CORRUPT') throw error;
    return [damage(error.cause instanceof Error ? error.cause.message : error.message)];
  }
}

interface SchemaRow {
  readonly name: string;
  readonly sql: string | null;
}

/** SQLite believes what the file says of its tables and indexes, whatever they were made as. */
function changedTables(database: Database): readonly string[] {
  const made = database.blank();
  try {
    for (const step of migrations) made.exec(step);
    const found = schemaOf(database);
    const changed = [...schemaOf(made)].filter(([name, sql]) => found.get(name) !== sql);
    return changed.map(([name]) => `${name} is not as it was made`);
  } finally {
    made.close();
  }
}

/** Spaces apart, which releases of SQLite set in ways of their own. */
function schemaOf(database: Database): ReadonlyMap<string, string> {
  const rows = database.all<SchemaRow>('SELECT name, sql FROM sqlite_schema');
  return new Map(rows.map(({ name, sql }) => [name, (sql ?? '').replaceAll(/\s+/g, ' ')]));
}
