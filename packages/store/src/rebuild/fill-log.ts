import type { Digest, Fingerprint, Hasher, OpRecord, StateDigest } from '@reprise/core';
import type { Database } from '../database/database.js';
import type { CallBlob } from '../log/call-blob.js';
import { recordOf, RecordRows } from '../log/record-rows.js';
import { placeValues } from '../log/rows.js';
import type { Scan } from './scan-blobs.js';

interface Found {
  readonly digest: Digest;
  readonly call: CallBlob;
}

/** Writes what blobs tell into an empty log, in one transaction. */
export function fillLog(
  database: Database,
  hasher: Hasher,
  { blobs, calls, manifests }: Scan,
): { readonly models: number; readonly checkpoints: number; readonly ops: number; readonly incomplete: number } {
  const ordered = calls.toSorted((a, b) => a.call.entry.createdAt - b.call.entry.createdAt);
  return database.write(() => {
    const stored = new Map(blobs.map(({ digest, size }) => [digest, size]));
    for (const [digest, size] of stored) addBlob(database, digest, size, false);
    const records = newestRecords(ordered);
    const states = new States(database, manifests, stored);
    for (const record of records.values()) {
      for (const state of [record.stateBefore, record.stateAfter]) if (state !== null) states.add(state);
    }
    const rows = new RecordRows(database, hasher);
    for (const record of records.values()) rows.add(record);
    const checkpoints = addModels(database, ordered);
    addCalls(database, ordered);
    const incomplete = [...records.values()].filter(
      ({ stateAfter }) => stateAfter !== null && states.isIncomplete(stateAfter),
    );
    const models = new Set(ordered.map(({ call }) => call.entry.model)).size;
    return { models, checkpoints, ops: ordered.length, incomplete: incomplete.length };
  });
}

/** Of records with one fingerprint the last one counts: it took the place of the others. */
function newestRecords(ordered: readonly Found[]): ReadonlyMap<Fingerprint, OpRecord> {
  const records = new Map<Fingerprint, OpRecord>();
  for (const { call } of ordered) records.set(call.record, recordOf(call.body, call.series));
  return records;
}

function addBlob(database: Database, digest: Digest, size: number, damaged: boolean): void {
  const sql = 'INSERT OR IGNORE INTO blobs (digest, size, damaged, stored_at) VALUES (?, ?, ?, ?)';
  database.run(sql, digest, size, Number(damaged), Date.now());
}

/** States by their manifests. What is missing of one is marked as damaged: its call is computed again. */
class States {
  readonly #database: Database;
  readonly #manifests: Scan['manifests'];
  readonly #stored: ReadonlyMap<Digest, number>;
  readonly #added = new Map<StateDigest, boolean>();

  constructor(database: Database, manifests: Scan['manifests'], stored: ReadonlyMap<Digest, number>) {
    this.#database = database;
    this.#manifests = manifests;
    this.#stored = stored;
  }

  add(state: StateDigest): void {
    if (this.#added.has(state)) return;
    const named = this.#manifests.get(state);
    const all = [...new Set<Digest>([state, ...(named ?? [])])];
    const missing = all.filter((blob) => !this.#stored.has(blob));
    for (const blob of missing) addBlob(this.#database, blob, 0, true);
    this.#database.run('INSERT INTO states (digest) VALUES (?)', state);
    for (const blob of all) this.#database.run('INSERT INTO state_blobs (state, blob) VALUES (?, ?)', state, blob);
    this.#added.set(state, missing.length === 0 && named !== undefined);
  }

  isIncomplete(state: StateDigest): boolean {
    return this.#added.get(state) === false;
  }
}

/** As they were when their last call was made. Returns how many checkpoints there are. */
function addModels(database: Database, ordered: readonly Found[]): number {
  const checkpoints = new Map<string, { readonly call: CallBlob; readonly createdAt: number }>();
  for (const { call } of ordered) {
    const { model, checkpoint, lane, createdAt } = call.entry;
    const { description, hparams, threads } = call.model;
    database.run(
      `INSERT INTO models (id, description, threads, created_at, hparams) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET description = excluded.description, threads = coalesce(excluded.threads, threads), hparams = excluded.hparams`,
      model,
      description,
      threads,
      createdAt,
      hparams,
    );
    if (lane === 'root') continue;
    const key = JSON.stringify([model, checkpoint]);
    checkpoints.set(key, { call, createdAt: checkpoints.get(key)?.createdAt ?? createdAt });
  }
  for (const { call, createdAt } of checkpoints.values()) {
    const sql = 'INSERT INTO checkpoints (model, id, description, created_at) VALUES (?, ?, ?, ?)';
    database.run(sql, call.entry.model, call.entry.checkpoint, call.description, createdAt);
  }
  return checkpoints.size;
}

/** Of the calls at one place the last one is live. */
function addCalls(database: Database, ordered: readonly Found[]): void {
  const ids = new Map<Digest, number>();
  const live = new Map<string, number>();
  for (const { digest, call } of ordered) {
    const { position, how, createdAt } = call.entry;
    const place = placeValues(call.entry);
    const { id } = database.run(
      `INSERT INTO op_log (model, checkpoint, lane, kind, name, occurrence, position, status, record, how, created_at, blob)
       VALUES (?, ?, ?, ?, ?, ?, ?, 'superseded', ?, ?, ?, ?)`,
      ...place,
      position,
      call.record,
      how,
      createdAt,
      digest,
    );
    ids.set(digest, id);
    live.set(JSON.stringify(place), id);
  }
  const standing = new Set(live.values());
  // What stands on a call that another one took the place of went with it; where it didn't, its record is adopted.
  for (let left = -1; left !== standing.size;) {
    left = standing.size;
    for (const { digest, call } of ordered) {
      const parent = call.parent === null ? undefined : ids.get(call.parent);
      if (parent !== undefined && !standing.has(parent)) standing.delete(ids.get(digest) as number);
    }
  }
  for (const id of standing) database.run(`UPDATE op_log SET status = 'live' WHERE id = ?`, id);
  for (const { digest, call } of ordered) {
    const parent = call.parent === null ? undefined : ids.get(call.parent);
    if (parent !== undefined)
      database.run('UPDATE op_log SET parent = ? WHERE id = ?', parent, ids.get(digest) as number);
  }
}
