import { RepriseError } from '@reprise/core';
import type { Damage, Digest, Fingerprint, OpRecord } from '@reprise/core';
import { decodeCall } from '../log/call-blob.js';
import { RecordRows, type RecordRow, recordColumns } from '../log/record-rows.js';
import { SnapshotRows } from '../log/snapshot-rows.js';
import { opsOfRecord } from './damaged.js';
import type { UpkeepParts } from './parts.js';

type Row = RecordRow & { readonly state_before: string | null; readonly state_after: string | null };

/** Whether the rows of records and snapshots hold what was written; with `full`, whether the calls' own rows do. */
export async function verifyRecords(
  parts: UpkeepParts,
  full: boolean,
): Promise<{ readonly count: number; readonly damages: readonly Damage[] }> {
  const { database, hasher } = parts;
  const records = new RecordRows(database, hasher);
  const damages: Damage[] = [];
  const fingerprints = database.all<{ fingerprint: Fingerprint }>('SELECT fingerprint FROM op_records ORDER BY rowid');
  for (const { fingerprint } of fingerprints) {
    const sql = `SELECT ${recordColumns}, state_before, state_after FROM op_records WHERE fingerprint = ?`;
    const row = database.get<Row>(sql, fingerprint);
    const found = row && wrong(records, row);
    if (found === undefined) continue;
    const ops = opsOfRecord(database, fingerprint);
    damages.push({
      kind: 'record',
      subject: fingerprint,
      path: database.path,
      expected: 'what was written',
      found,
      ops,
    });
  }
  for (const name of new SnapshotRows(database, hasher).damaged()) {
    damages.push({
      kind: 'snapshot',
      subject: name,
      path: database.path,
      expected: 'what was written',
      found: 'other bytes',
      ops: [],
    });
  }
  if (full) damages.push(...(await verifyCalls(parts)));
  return { count: fingerprints.length, damages };
}

function wrong(records: RecordRows, row: Row): string | undefined {
  let record: OpRecord;
  try {
    record = records.read(row);
  } catch (error) {
    if (error instanceof RepriseError && error.code === 'STORE_CORRUPT') return 'other bytes';
    throw error;
  }
  const same = record.stateBefore === row.state_before && record.stateAfter === row.state_after;
  return same ? undefined : 'states other than those of its body';
}

interface CallRow {
  readonly id: number;
  readonly blob: Digest;
  readonly model: string;
  readonly checkpoint: string;
  readonly lane: string;
  readonly kind: string;
  readonly name: string;
  readonly occurrence: number;
  readonly how: string;
  readonly created_at: number;
  readonly record: string;
}

/** Whether each call stands where its own blob says. What moves with edits of the script (its position, what it stands on) isn't compared. */
async function verifyCalls({ database, blobs }: UpkeepParts): Promise<readonly Damage[]> {
  const sql = `SELECT id, blob, model, checkpoint, lane, kind, name, occurrence, how, created_at, record FROM op_log WHERE blob IS NOT NULL`;
  const damages: Damage[] = [];
  for (const row of database.all<CallRow>(sql)) {
    // Whether it can be read is told with the blobs.
    const bytes = await blobs.peek(row.blob);
    const call = bytes && decodeCall(bytes);
    if (call === undefined) continue;
    const { entry } = call;
    const same =
      entry.model === row.model &&
      entry.checkpoint === row.checkpoint &&
      entry.lane === row.lane &&
      entry.kind === row.kind &&
      entry.name === row.name &&
      entry.occurrence === row.occurrence &&
      entry.how === row.how &&
      entry.createdAt === row.created_at;
    if (same) continue;
    damages.push({
      kind: 'database',
      subject: `op #${row.id}`,
      path: database.path,
      expected: JSON.stringify(entry),
      found: JSON.stringify(row),
      ops: [row.id],
    });
  }
  return damages;
}
