import type { Fingerprint } from '@reprise/core';
import type { Database } from '../database/database.js';
import type { SqlValue } from '../database/driver.js';
import { recordOf } from './record-rows.js';
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
    const row = this.#database.get<{
      series: string | null;
      before: string | null;
      after: string | null;
      body: Uint8Array;
    }>(
      'SELECT series, state_before AS before, state_after AS after, body FROM op_records WHERE fingerprint = ?',
      fingerprint,
    );
    if (row === undefined) return;
    this.#database.run('DELETE FROM op_records WHERE fingerprint = ?', fingerprint);
    if (row.series !== null) this.#ends(row.series, row.body);
    for (const state of [row.before, row.after]) if (state !== null) removeState(this.#database, state);
  }

  /** The ends of trains go with the record: with the last one of a series all of them, else those after its number of epochs. */
  #ends(series: string, removed: Uint8Array): void {
    const others = this.#database.all<{ body: Uint8Array }>('SELECT body FROM op_records WHERE series = ?', series);
    if (others.length === 0) {
      this.#snapshots.remove('series = ? AND running = 0', series);
      return;
    }
    const epochs = epochsAsked(removed);
    // What can't be told apart stays.
    if (epochs === undefined || others.some(({ body }) => [epochs, undefined].includes(epochsAsked(body)))) return;
    const ended = this.#snapshots.find({ series: series as Fingerprint, running: false });
    for (const snapshot of ended) {
      if (snapshot.kept || snapshot.epochs !== epochs) continue;
      this.#snapshots.remove('series = ? AND epoch = ? AND step = ?', series, snapshot.epoch, snapshot.step);
    }
  }
}

/** How many epochs the train of a record asked for; undefined where its bytes don't say. */
function epochsAsked(body: unknown): number | undefined {
  try {
    const epochs = recordOf(body as Uint8Array, null).fields['epochs'];
    return typeof epochs === 'number' ? epochs : undefined;
  } catch {
    return undefined;
  }
}
