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
    const ops = addCalls(database, ordered);
    const incomplete = [...records.values()].filter(
      ({ stateAfter }) => stateAfter !== null && states.isIncomplete(stateAfter),
    );
    const models = new Set(ordered.map(({ call }) => call.entry.model)).size;
    return { models, checkpoints, ops, incomplete: incomplete.length };
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

interface Added {
  readonly id: number;
  /** Its blob as it was written last: a call that moves, or stands on another one by then, is written again. */
  last: Found;
}

/** Of the calls at one place the last one is live. Returns how many there are. */
function addCalls(database: Database, ordered: readonly Found[]): number {
  const calls = new Map<string, Added>();
  const byBlob = new Map<Digest, Added>();
  const live = new Map<string, Added>();
  for (const found of ordered) {
    const place = placeValues(found.call.entry);
    const key = JSON.stringify([...place, found.call.record]);
    const added = calls.get(key) ?? { id: addCall(database, found), last: found };
    added.last = found;
    calls.set(key, added);
    byBlob.set(found.digest, added);
    live.set(JSON.stringify(place), added);
  }
  const parentOf = ({ last }: Added): Added | undefined =>
    last.call.parent === null ? undefined : byBlob.get(last.call.parent);
  const standing = new Set(live.values());
  // What stands on a call that another one took the place of went with it; where it didn't, its record is adopted.
  for (let left = -1; left !== standing.size;) {
    left = standing.size;
    for (const added of calls.values()) {
      const parent = parentOf(added);
      if (parent !== undefined && !standing.has(parent)) standing.delete(added);
    }
  }
  for (const added of calls.values()) {
    const { position, how } = added.last.call.entry;
    database.run(
      'UPDATE op_log SET status = ?, parent = ?, position = ?, how = ?, blob = ? WHERE id = ?',
      standing.has(added) ? 'live' : 'superseded',
      parentOf(added)?.id ?? null,
      position,
      how,
      added.last.digest,
      added.id,
    );
  }
  return calls.size;
}

function addCall(database: Database, { digest, call }: Found): number {
  const { position, how, createdAt } = call.entry;
  const { id } = database.run(
    `INSERT INTO op_log (model, checkpoint, lane, kind, name, occurrence, position, status, record, how, created_at, blob)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'superseded', ?, ?, ?, ?)`,
    ...placeValues(call.entry),
    position,
    call.record,
    how,
    createdAt,
    digest,
  );
  return id;
}
