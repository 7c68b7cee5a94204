import { RepriseError } from '@reprise/core';
import type { Damage } from '@reprise/core';
import type { Database } from '../database/database.js';

/** What SQLite itself says of its file. */
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
    return [...said, ...dangling].map(damage);
  } catch (error) {
    if (!(error instanceof RepriseError) || error.code !== 'STORE_CORRUPT') throw error;
    return [damage(error.message)];
  }
}
