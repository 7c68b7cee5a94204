import type { Database } from '../database/database.js';
import type { SqlValue } from '../database/driver.js';
import { removeState, type SnapshotRows } from './snapshot-rows.js';

/** Takes entries out of the log, with what only they named. Each runs inside a transaction. */
export class Removal {
  readonly #database: Database;
  readonly #snapshots: SnapshotRows;

  constructor(database: Database, snapshots: SnapshotRows) {
    this.#database = database;
    this.#snapshots = snapshots;
  }

  /** The entries of a checkpoint. Says whether there was anything. */
  checkpoint(model: string, id: string): boolean {
    const row = this.#database.run('DELETE FROM checkpoints WHERE model = ? AND id = ?', model, id).changes > 0;
    this.#snapshots.remove('running = 1 AND model = ? AND checkpoint = ?', model, id);
    return this.#entries('model = ? AND checkpoint = ?', [model, id]) || row;
  }

  /** The same for all of a model. */
  model(id: string): boolean {
    const row = this.#database.run('DELETE FROM models WHERE id = ?', id).changes > 0;
    const checkpoints = this.#database.run('DELETE FROM checkpoints WHERE model = ?', id).changes > 0;
    this.#database.run('DELETE FROM tags WHERE model = ?', id);
    this.#database.run('DELETE FROM runs WHERE model = ?', id);
    this.#snapshots.remove('running = 1 AND model = ?', id);
    return this.#entries('model = ?', [id]) || row || checkpoints;
  }

  entry(id: number): void {
    this.#entries('id = ?', [id]);
  }

  tag(model: string, name: string): boolean {
    const tag = 'model = ? AND name = ?';
    const row = this.#database.get<{ record: string }>(`SELECT record FROM tags WHERE ${tag}`, model, name);
    if (row === undefined) return false;
    this.#database.run(`DELETE FROM tags WHERE ${tag}`, model, name);
    this.record(row.record);
    return true;
  }

  #entries(where: string, values: readonly SqlValue[]): boolean {
    const sql = `SELECT DISTINCT record FROM op_log WHERE ${where}`;
    const records = this.#database.all<{ record: string }>(sql, ...values);
    this.#database.run(`DELETE FROM op_log WHERE ${where}`, ...values);
    for (const { record } of records) this.record(record);
    return records.length > 0;
  }

  /** Where nothing names the record any more. Its aliases go with it, and the snapshots of its series with the last of them; blobs wait for garbage collection. */
  record(fingerprint: string): void {
    const named = 'SELECT 1 FROM op_log WHERE record = ? UNION ALL SELECT 1 FROM tags WHERE record = ?';
    if (this.#database.get(named, fingerprint, fingerprint) !== undefined) return;
    const row = this.#database.get<{ series: string | null; before: string | null; after: string | null }>(
      'SELECT series, state_before AS before, state_after AS after FROM op_records WHERE fingerprint = ?',
      fingerprint,
    );
    if (row === undefined) return;
    this.#database.run('DELETE FROM op_records WHERE fingerprint = ?', fingerprint);
    if (row.series !== null) this.#ends(row.series, row.after);
    for (const state of [row.before, row.after]) if (state !== null) removeState(this.#database, state);
  }

  /** The ends of trains go with the record: all of the series with its last one, else the one that led to its state. */
  #ends(series: string, after: string | null): void {
    const others = this.#database.all<{ after: string | null }>(
      'SELECT state_after AS after FROM op_records WHERE series = ?',
      series,
    );
    if (others.length === 0) this.#snapshots.remove('series = ? AND running = 0', series);
    else if (!others.some((other) => other.after === after)) {
      const own = 'series = ? AND running = 0 AND kept = 0 AND (state = ? OR best = ?)';
      this.#snapshots.remove(own, series, after, after);
    }
  }
}
