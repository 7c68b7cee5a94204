import type { Digest, StateDigest } from '@reprise/core';
import type { Database } from '../database/database.js';

const damaged = 'SELECT digest FROM blobs WHERE damaged = 1';

/** States that can't be read, as far as somebody has noticed: their manifest, or a blob that it names. */
export function damagedStates(database: Database): ReadonlySet<StateDigest> {
  if (database.get(`${damaged} LIMIT 1`) === undefined) return new Set();
  const rows = database.all<{ state: StateDigest }>(
    `SELECT state FROM state_blobs WHERE blob IN (${damaged}) UNION SELECT digest AS state FROM states WHERE digest IN (${damaged})`,
  );
  return new Set(rows.map(({ state }) => state));
}

/** The numbers of the calls that a blob belongs to: those whose state after it is in, and the one that it keeps. */
export function opsOfBlob(database: Database, blob: Digest): readonly number[] {
  const sql = `SELECT op_log.id AS id FROM op_log JOIN op_records ON fingerprint = record
    WHERE state_after = ? OR state_after IN (SELECT state FROM state_blobs WHERE blob = ?)
    UNION SELECT id FROM op_log WHERE blob = ? ORDER BY id`;
  return database.all<{ id: number }>(sql, blob, blob, blob).map(({ id }) => id);
}

export function opsOfRecord(database: Database, fingerprint: string): readonly number[] {
  const sql = 'SELECT id FROM op_log WHERE record = ? ORDER BY id';
  return database.all<{ id: number }>(sql, fingerprint).map(({ id }) => id);
}
