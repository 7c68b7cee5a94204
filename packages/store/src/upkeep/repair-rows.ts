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
 * Takes away snapshots whose state can't be read: nothing goes on from them, and nothing is computed for them. Returns how many there are.
 * @param lost blobs that are damaged, where that is not marked yet
 */
export function dropSnapshots({ database, hasher }: UpkeepParts, lost: readonly string[], dryRun: boolean): number {
  const blobs = new Set([
    ...lost,
    ...database.all<{ digest: string }>('SELECT digest FROM blobs WHERE damaged = 1').map(({ digest }) => digest),
  ]);
  const where = `state = ? OR best = ?
    OR state IN (SELECT state FROM state_blobs WHERE blob = ?) OR best IN (SELECT state FROM state_blobs WHERE blob = ?)`;
  const names = new Set<string>();
  database.write(() => {
    for (const blob of blobs) {
      const values = [blob, blob, blob, blob];
      const sql = `SELECT series, epoch, step FROM snapshots WHERE ${where}`;
      const rows = database.all<{ series: string; epoch: number; step: number }>(sql, ...values);
      for (const { series, epoch, step } of rows) names.add(`${series} ${epoch} ${step}`);
      if (!dryRun) new SnapshotRows(database, hasher).remove(where, ...values);
    }
  });
  return names.size;
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
