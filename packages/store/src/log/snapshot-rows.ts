import { decodeVerified, encode } from '@reprise/core';
import type { Digest, Hasher, Plain, Snapshot, SnapshotFilter } from '@reprise/core';
import type { Database } from '../database/database.js';
import type { SqlValue } from '../database/driver.js';

interface SnapshotRow {
  readonly series: string;
  readonly epoch: number;
  readonly step: number;
  readonly running: number;
  readonly kept: number;
  readonly model: string;
  readonly checkpoint: string;
  readonly state: string;
  readonly best: string | null;
  readonly checksum: Digest;
  readonly body: Uint8Array;
}

const rowColumns = 'series, epoch, step, running, kept, model, checkpoint, state, best, checksum, body';

const columns: Readonly<Record<keyof SnapshotFilter, string>> = {
  series: 'series = ?',
  model: 'model = ?',
  checkpoint: 'checkpoint = ?',
  running: 'running = ?',
};

/** Snapshots, one row each. Their bytes are verified when they are read; a damaged one is as good as none. */
export class SnapshotRows {
  readonly #database: Database;
  readonly #hasher: Hasher;

  constructor(database: Database, hasher: Hasher) {
    this.#database = database;
    this.#hasher = hasher;
  }

  find(where: SnapshotFilter): readonly Snapshot[] {
    const given = Object.entries(columns).filter(([name]) => where[name as keyof SnapshotFilter] !== undefined);
    const filter = given.length === 0 ? '' : `WHERE ${given.map(([, condition]) => condition).join(' AND ')}`;
    const values = given.map(([name]): SqlValue => {
      const value = where[name as keyof SnapshotFilter];
      return typeof value === 'boolean' ? Number(value) : (value as string);
    });
    const sql = `SELECT ${rowColumns} FROM snapshots ${filter} ORDER BY epoch DESC, step DESC, series`;
    return this.#database.all<SnapshotRow>(sql, ...values).flatMap((row) => this.#read(row) ?? []);
  }

  /** The names of those whose rows hold other bytes than were written: series, epoch and step. */
  damaged(): readonly string[] {
    const sql = `SELECT ${rowColumns} FROM snapshots ORDER BY series, epoch, step`;
    const rows = this.#database.all<SnapshotRow>(sql).filter((row) => this.#read(row) === undefined);
    return rows.map(({ series, epoch, step }) => `${series} ${epoch} ${step}`);
  }

  /** Inside a transaction, its states being there. */
  add(snapshot: Snapshot): void {
    const { series, epoch, step, running, kept, state, best, place } = snapshot;
    const body = encode(snapshot as unknown as Plain);
    this.#database.run(
      `INSERT INTO snapshots (series, epoch, step, running, kept, model, checkpoint, state, best, checksum, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (series, epoch, step) DO UPDATE SET ${replacement}
       WHERE excluded.running = 0 OR (excluded.kept = 1 AND snapshots.running = 1)`,
      series,
      epoch,
      step,
      Number(running),
      Number(kept),
      place.model,
      place.checkpoint,
      state,
      best,
      this.#hasher.digest(body),
      body,
    );
    const earlier = 'series = ? AND running = 1 AND kept = 0 AND (epoch < ? OR (epoch = ? AND step < ?))';
    this.remove(earlier, series, epoch, epoch, step);
  }

  /** Removes those that match, and the states that only they named. Inside a transaction. */
  remove(condition: string, ...values: readonly SqlValue[]): void {
    const rows = this.#database.all<{ state: string; best: string | null }>(
      `SELECT state, best FROM snapshots WHERE ${condition}`,
      ...values,
    );
    this.#database.run(`DELETE FROM snapshots WHERE ${condition}`, ...values);
    for (const row of rows) {
      for (const digest of [row.state, row.best]) if (digest !== null) removeState(this.#database, digest);
    }
  }

  /** Undefined where the row is not what was written. */
  #read(row: SnapshotRow): Snapshot | undefined {
    // A flipped bit can make the body a text, or nothing.
    if (!(row.body instanceof Uint8Array) || this.#hasher.digest(row.body) !== row.checksum) return undefined;
    const body = decodeVerified(row.body) as unknown as Omit<Snapshot, 'kept'> & { readonly kept: boolean | undefined };
    // Before schema 3 none was kept on purpose.
    const snapshot = { ...body, kept: body.kept ?? false };
    const { place, state, best } = snapshot;
    const same =
      snapshot.series === row.series &&
      snapshot.epoch === row.epoch &&
      snapshot.step === row.step &&
      Number(snapshot.running) === row.running &&
      Number(snapshot.kept) === row.kept &&
      place.model === row.model &&
      place.checkpoint === row.checkpoint &&
      state === row.state &&
      best === row.best;
    return same ? snapshot : undefined;
  }
}

const replacement = ['running', 'kept', 'model', 'checkpoint', 'state', 'best', 'checksum', 'body']
  .map((column) => `${column} = excluded.${column}`)
  .join(', ');

/** A state goes when neither a record nor a snapshot names it; the rows that tie it to its blobs go with it. */
export function removeState(database: Database, digest: string): void {
  database.run(
    `DELETE FROM states WHERE digest = ?
     AND NOT EXISTS (SELECT 1 FROM op_records WHERE state_before = states.digest)
     AND NOT EXISTS (SELECT 1 FROM op_records WHERE state_after = states.digest)
     AND NOT EXISTS (SELECT 1 FROM snapshots WHERE state = states.digest OR best = states.digest)`,
    digest,
  );
}
