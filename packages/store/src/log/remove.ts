import type { Database } from '../database/database.js';

/** Removes the entries of a checkpoint, and what only they named. Runs inside a transaction. Says whether there was anything. */
export function removeCheckpoint(database: Database, model: string, id: string): boolean {
  const row = database.run('DELETE FROM checkpoints WHERE model = ? AND id = ?', model, id).changes > 0;
  return removeEntries(database, 'model = ? AND checkpoint = ?', [model, id]) || row;
}

/** The same for all of a model. */
export function removeModel(database: Database, id: string): boolean {
  const row = database.run('DELETE FROM models WHERE id = ?', id).changes > 0;
  const checkpoints = database.run('DELETE FROM checkpoints WHERE model = ?', id).changes > 0;
  return removeEntries(database, 'model = ?', [id]) || row || checkpoints;
}

function removeEntries(database: Database, where: string, values: readonly string[]): boolean {
  const records = database.all<{ record: string }>(`SELECT DISTINCT record FROM op_log WHERE ${where}`, ...values);
  database.run(`DELETE FROM op_log WHERE ${where}`, ...values);
  for (const { record } of records) removeRecord(database, record);
  return records.length > 0;
}

/** Aliases go with their record, the rows that tie a state to its blobs with the state; blobs wait for garbage collection. */
function removeRecord(database: Database, fingerprint: string): void {
  if (database.get('SELECT 1 FROM op_log WHERE record = ?', fingerprint) !== undefined) return;
  const states = database.all<{ state: string }>(
    `SELECT state_before AS state FROM op_records WHERE fingerprint = ? AND state_before IS NOT NULL
     UNION SELECT state_after FROM op_records WHERE fingerprint = ? AND state_after IS NOT NULL`,
    fingerprint,
    fingerprint,
  );
  database.run('DELETE FROM op_records WHERE fingerprint = ?', fingerprint);
  for (const { state } of states) {
    database.run(
      `DELETE FROM states WHERE digest = ?
       AND NOT EXISTS (SELECT 1 FROM op_records WHERE state_before = states.digest)
       AND NOT EXISTS (SELECT 1 FROM op_records WHERE state_after = states.digest)`,
      state,
    );
  }
}
