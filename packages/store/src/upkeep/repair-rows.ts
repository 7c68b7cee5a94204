import { blobsOfState } from '@reprise/core';
import type { Damage, Fingerprint, StateDigest } from '@reprise/core';
import { decodeCall } from '../log/call-blob.js';
import { CallBlobs } from '../log/call-blobs.js';
import { RecordRows } from '../log/record-rows.js';
import { livePlace, placeValues } from '../log/rows.js';
import { Removal } from '../log/remove.js';
import { SnapshotRows } from '../log/snapshot-rows.js';
import type { UpkeepParts } from './parts.js';

/**
 * Mends rows: records come back from the blobs of calls, a state's blobs and a call's place from what names them. What nothing tells any more goes, and
 * the script computes it again. Returns the numbers of the calls that went.
 */
export async function repairRows(
  parts: UpkeepParts,
  damages: readonly Damage[],
  dryRun: boolean,
): Promise<readonly number[]> {
  const gone: number[] = [];
  for (const damage of damages) {
    const { kind, subject, ops } = damage;
    if (kind === 'record') {
      if (!(await healRecord(parts, subject as Fingerprint, dryRun))) {
        gone.push(...ops);
        if (!dryRun) removeRecord(parts, subject, ops);
      }
    } else if (dryRun) continue;
    else if (kind === 'snapshot') removeSnapshot(parts, subject);
    else if (kind === 'manifest') await rewriteState(parts, subject as StateDigest);
    else if (kind === 'database') for (const op of ops) await replaceCall(parts, op);
  }
  return gone;
}

/**
 * Takes away what trains that have ended kept and nobody can read: nothing is computed for it. What an unfinished train has stays, since a copy may heal it
 * later. Returns how many there are.
 * @param found damage, the rows of snapshots among it: those go by themselves
 * @param blobs those that are lost, also where that is not marked yet
 */
export function dropSnapshots(
  { database, hasher }: UpkeepParts,
  found: readonly Damage[],
  blobs: ReadonlySet<string>,
  dryRun: boolean,
): number {
  const told = new Set(found.filter(({ kind }) => kind === 'snapshot').map(({ subject }) => subject));
  const sql = `SELECT series, epoch, step FROM snapshots
    WHERE EXISTS (SELECT 1 FROM op_records WHERE op_records.series = snapshots.series)
      AND (state = ? OR best = ? OR state IN (SELECT state FROM state_blobs WHERE blob = ?) OR best IN (SELECT state FROM state_blobs WHERE blob = ?))`;
  const drop = (): number => {
    const lost = new Map<string, { readonly series: string; readonly epoch: number; readonly step: number }>();
    for (const blob of blobs) {
      for (const row of database.all<{ series: string; epoch: number; step: number }>(sql, blob, blob, blob, blob)) {
        const name = `${row.series} ${row.epoch} ${row.step}`;
        if (!told.has(name)) lost.set(name, row);
      }
    }
    const rows = new SnapshotRows(database, hasher);
    if (!dryRun) {
      for (const { series, epoch, step } of lost.values())
        rows.remove('series = ? AND epoch = ? AND step = ?', series, epoch, step);
    }
    return lost.size;
  };
  return dryRun ? drop() : database.write(drop);
}

async function healRecord(
  { database, hasher, blobs }: UpkeepParts,
  fingerprint: Fingerprint,
  dryRun: boolean,
): Promise<boolean> {
  const call = await new CallBlobs(database, hasher, blobs).find(fingerprint, (blob) => blobs.peek(blob));
  if (call === undefined || dryRun) return call !== undefined;
  return database.write(() => new RecordRows(database, hasher).heal(fingerprint, call.series, call.body));
}

function removeRecord({ database, hasher }: UpkeepParts, fingerprint: string, ops: readonly number[]): void {
  const removal = new Removal(database, new SnapshotRows(database, hasher));
  database.write(() => {
    database.run('DELETE FROM tags WHERE record = ?', fingerprint);
    for (const op of ops) removal.entry(op);
    removal.record(fingerprint);
  });
}

function removeSnapshot({ database, hasher }: UpkeepParts, name: string): void {
  const [series = '', epoch, step] = name.split(' ');
  const where = 'series = ? AND epoch = ? AND step = ?';
  database.write(() => new SnapshotRows(database, hasher).remove(where, series, Number(epoch), Number(step)));
}

/** Which blobs a state needs is what its manifest says. One that the store has never had counts as damaged. */
async function rewriteState({ database, blobs }: UpkeepParts, state: StateDigest): Promise<void> {
  const bytes = await blobs.peek(state);
  if (bytes === undefined) return;
  const named = blobsOfState(bytes);
  database.write(() => {
    database.run('DELETE FROM state_blobs WHERE state = ?', state);
    for (const blob of new Set([state, ...named])) {
      database.run('INSERT OR IGNORE INTO blobs (digest, size, damaged) VALUES (?, 0, 1)', blob);
      database.run('INSERT INTO state_blobs (state, blob) VALUES (?, ?)', state, blob);
    }
  });
}

async function replaceCall({ database, blobs }: UpkeepParts, id: number): Promise<void> {
  const row = database.get<{ blob: StateDigest | null }>('SELECT blob FROM op_log WHERE id = ?', id);
  const bytes = row?.blob ? await blobs.peek(row.blob) : undefined;
  const call = bytes && decodeCall(bytes);
  if (call === undefined) return;
  const { how, createdAt } = call.entry;
  const place = placeValues(call.entry);
  // Where another live call has come to stand there, this one is superseded.
  database.write(() => {
    const taken = database.get(`SELECT 1 FROM op_log WHERE ${livePlace} AND id <> ?`, ...place, id);
    if (taken !== undefined) database.run(`UPDATE op_log SET status = 'superseded' WHERE id = ?`, id);
    database.run(
      `UPDATE op_log SET model = ?, checkpoint = ?, lane = ?, kind = ?, name = ?, occurrence = ?, how = ?, created_at = ? WHERE id = ?`,
      ...place,
      how,
      createdAt,
      id,
    );
  });
}
