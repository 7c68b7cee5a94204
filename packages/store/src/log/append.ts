import { StoreError, encode } from '@reprise/core';
import type { Alias, Commit, Digest, NewEntry, OpEntry, OpRecord, Place, Snapshot, StateRow } from '@reprise/core';
import type { Database } from '../database/database.js';
import type { RecordRows } from './record-rows.js';
import { entryColumns, entryOf, type EntryRow, livePlace, placeValues } from './rows.js';
import type { SnapshotRows } from './snapshot-rows.js';

/** Adds a commit to the log. Runs inside a transaction that is undone where this throws. */
export function append(
  database: Database,
  { records, snapshots }: { readonly records: RecordRows; readonly snapshots: SnapshotRows },
  commit: Commit,
  blobs: readonly (Digest | null)[],
): readonly OpEntry[] {
  if (commit.lease !== undefined) requireLease(database, commit.lease);
  for (const state of commit.states ?? []) addState(database, state);
  const { replaced } = commit;
  if (replaced !== undefined) records.setAside(replaced.fingerprint, replaced.aside);
  for (const record of commit.records ?? []) {
    addRecord(database, records, record, record.fingerprint === replaced?.fingerprint);
  }
  for (const alias of commit.aliases ?? []) addAlias(database, alias);
  for (const id of commit.supersede ?? []) supersede(database, id);
  for (const snapshot of commit.snapshots ?? []) addSnapshot(database, snapshots, snapshot);
  // After these: they may name states that only one of those named until now.
  for (const { series, epoch, step } of commit.forget ?? []) {
    snapshots.remove('running = 1 AND series = ? AND epoch = ? AND step = ?', series, epoch, step);
  }
  for (const id of commit.settled ?? []) database.run('DELETE FROM settlements WHERE entry = ?', id);
  const added: OpEntry[] = [];
  for (const [i, entry] of (commit.entries ?? []).entries()) {
    added.push(addEntry(database, entry, added, blobs[i] ?? null));
  }
  return added;
}

/** @throws StoreError `DANGLING_REFERENCE` where no row answers to the query. */
export function requireRow(database: Database, sql: string, value: string | number, what: string): void {
  if (database.get(sql, value) !== undefined) return;
  throw new StoreError(
    'DANGLING_REFERENCE',
    `A commit names ${what} ${value}, which the store at ${database.path} does not hold. Nothing was recorded. ` +
      'Store what is named first, or in the same commit.',
    { subject: String(value), path: database.path },
  );
}

function requireLease(database: Database, token: number): void {
  if (database.get('SELECT 1 FROM leases WHERE token = ?', token) !== undefined) return;
  throw new StoreError(
    'LEASE_LOST',
    'This process was taken for dead, and another one writes to the checkpoint now: nothing was recorded. Run the script again: it goes on from what ' +
      'is stored by then.',
    { subject: String(token), path: database.path },
  );
}

function addState(database: Database, { digest, blobs }: StateRow): void {
  if (database.get('SELECT 1 FROM states WHERE digest = ?', digest) !== undefined) return;
  const durable = 'SELECT 1 FROM blobs WHERE digest = ? AND damaged = 0';
  requireRow(database, durable, digest, 'the manifest');
  database.run('INSERT INTO states (digest) VALUES (?)', digest);
  for (const blob of new Set(blobs)) {
    requireRow(database, durable, blob, 'the blob');
    database.run('INSERT INTO state_blobs (state, blob) VALUES (?, ?)', digest, blob);
  }
}

function addRecord(database: Database, records: RecordRows, record: OpRecord, replaces: boolean): void {
  for (const state of [record.stateBefore, record.stateAfter]) {
    if (state !== null) requireRow(database, 'SELECT 1 FROM states WHERE digest = ?', state, 'the state');
  }
  records.add(record, replaces);
}

function addAlias(database: Database, { fingerprint, record, fields, createdAt }: Alias): void {
  requireRow(database, 'SELECT 1 FROM op_records WHERE fingerprint = ?', record, 'the record');
  database.run(
    'INSERT OR REPLACE INTO aliases (fingerprint, record, created_at, fields) VALUES (?, ?, ?, ?)',
    fingerprint,
    record,
    createdAt,
    encode(fields),
  );
}

function addSnapshot(database: Database, snapshots: SnapshotRows, snapshot: Snapshot): void {
  for (const state of [snapshot.state, snapshot.best]) {
    if (state !== null) requireRow(database, 'SELECT 1 FROM states WHERE digest = ?', state, 'the state');
  }
  snapshots.add(snapshot);
}

function supersede(database: Database, id: number): void {
  database.run(`UPDATE op_log SET status = 'superseded' WHERE id = ?`, id);
}

function addEntry(database: Database, entry: NewEntry, added: readonly OpEntry[], blob: Digest | null): OpEntry {
  const { model, checkpoint, lane, kind, name, occurrence, position, record, how, origin, createdAt } = entry;
  requireRow(database, 'SELECT 1 FROM op_records WHERE fingerprint = ?', record, 'the record');
  const parent = parentOf(database, entry.parent, added);
  if (blob !== null) requireRow(database, 'SELECT 1 FROM blobs WHERE digest = ? AND damaged = 0', blob, 'the blob');
  if (lane !== 'root') {
    const sql = `INSERT OR IGNORE INTO checkpoints (model, id, description, created_at) VALUES (?, ?, '', ?)`;
    database.run(sql, model, checkpoint, createdAt);
  }
  // Another process may have logged the very same call meanwhile.
  const there = database.get<EntryRow>(
    `SELECT ${entryColumns} FROM op_log WHERE ${livePlace} AND record = ? AND parent IS ?`,
    ...placeValues(entry),
    record,
    parent,
  );
  if (there !== undefined) return entryOf(there);
  database.run(`UPDATE op_log SET status = 'superseded' WHERE ${livePlace}`, ...placeValues(entry));
  const { id } = database.run(
    `INSERT INTO op_log (model, checkpoint, lane, kind, name, occurrence, position, status, record, parent, how, origin, created_at, blob)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'live', ?, ?, ?, ?, ?, ?)`,
    model,
    checkpoint,
    lane,
    kind,
    name,
    occurrence,
    position,
    record,
    parent,
    how,
    origin,
    createdAt,
    blob,
  );
  if (entry.inherits !== undefined) {
    database.run('UPDATE op_log SET parent = ? WHERE parent = ? AND id <> ?', id, entry.inherits, id);
  }
  return { ...placeOf(entry), id, position, status: 'live', record, parent, how, origin, createdAt };
}

function placeOf({ model, checkpoint, lane, kind, name, occurrence }: Place): Place {
  return { model, checkpoint, lane, kind, name, occurrence };
}

function parentOf(database: Database, parent: NewEntry['parent'], added: readonly OpEntry[]): number | null {
  if (parent === null) return null;
  if (typeof parent === 'number') {
    requireRow(database, 'SELECT 1 FROM op_log WHERE id = ?', parent, 'the parent');
    return parent;
  }
  const entry = added[parent.added];
  if (entry === undefined) {
    throw new StoreError(
      'DANGLING_REFERENCE',
      `An entry of a commit names the commit's entry ${parent.added} as its parent, which does not come before it. Nothing was recorded.`,
      { subject: String(parent.added), path: database.path },
    );
  }
  return entry.id;
}
