import type { CheckpointRow, OpEntry, OpLog } from '../ports/op-log.js';
import type { FieldChange } from '../replay/fields.js';
import { addressOf } from './address.js';
import { type ScorePair, sideBySide } from './diff-ops.js';
import { finalOp } from '../replay/final-op.js';
import { describeOps, type OpInfo } from './op-info.js';
import { differences, type Parting, parting } from './past.js';
import { readRecord } from './read-record.js';

/** An op of one checkpoint beside that at the same place of another. */
export interface OpPair {
  readonly title: string;
  readonly lane: 'block' | 'handle';
  readonly a: OpInfo | null;
  readonly b: OpInfo | null;
  /** `same`: one record. `fields`: other arguments. `state`: the same arguments on another state. `only`: one side lacks it. `damaged`: a record can't be read. */
  readonly how: 'same' | 'fields' | 'state' | 'only' | 'damaged';
  readonly fields: readonly FieldChange[];
  readonly scores: readonly ScorePair[];
}

/** Two checkpoints, compared. */
export interface CheckpointDiff {
  readonly a: CheckpointRow;
  readonly b: CheckpointRow;
  /** Both are in the same state, bit for bit; null where one of them has none. */
  readonly sameState: boolean | null;
  /** The first op, from the root on, in which what led to their states differs; null where nothing does. */
  readonly parting: Parting | null;
  readonly ops: readonly OpPair[];
}

/** Compares two checkpoints: where their pasts part, then op by op by the places of the calls. */
export async function diffCheckpoints(log: OpLog, a: CheckpointRow, b: CheckpointRow): Promise<CheckpointDiff> {
  const [first, second] = await Promise.all([liveOf(log, a), liveOf(log, b)]);
  const block = (entries: readonly OpEntry[]): readonly OpEntry[] => entries.filter(({ lane }) => lane === 'block');
  const [finalA, finalB] = [finalOp(block(first)), finalOp(block(second))];
  const [recordA, recordB] = await Promise.all(
    [finalA, finalB].map(async (final) => final && (await readRecord(log, final.record))),
  );
  return {
    a,
    b,
    sameState: recordA && recordB ? recordA.stateAfter === recordB.stateAfter : null,
    parting: finalA && finalB ? await parting(log, finalA, finalB) : null,
    ops: await pairs(log, first, second),
  };
}

async function liveOf(log: OpLog, { model, id }: CheckpointRow): Promise<readonly OpEntry[]> {
  return log.entries({ model, checkpoint: id, status: 'live' });
}

async function pairs(log: OpLog, a: readonly OpEntry[], b: readonly OpEntry[]): Promise<readonly OpPair[]> {
  const place = (entry: OpEntry): string => addressOf({ ...entry, model: '', checkpoint: '' });
  const inB = new Map(b.map((entry) => [place(entry), entry]));
  const inA = new Set(a.map(place));
  const both = a.map((entry) => [entry, inB.get(place(entry)) ?? null] as const);
  const onlyB = b.filter((entry) => !inA.has(place(entry))).map((entry) => [null, entry] as const);
  return Promise.all([...both, ...onlyB].map(([first, second]) => pair(log, first, second)));
}

async function pair(log: OpLog, a: OpEntry | null, b: OpEntry | null): Promise<OpPair> {
  const infos = await describeOps(
    log,
    [a, b].filter((entry) => entry !== null),
  );
  const one = infos[0] as OpInfo;
  const lane = one.lane === 'handle' ? 'handle' : 'block';
  if (a === null || b === null) {
    const sides = { a: a && one, b: b && one };
    return { title: one.title, lane, ...sides, how: 'only', fields: [], scores: [] };
  }
  const other = infos[1] as OpInfo;
  const [first, second] = await Promise.all([readRecord(log, a.record), readRecord(log, b.record)]);
  const fields = first && second ? differences(first, second) : [];
  const readable = first !== null && second !== null;
  const how = a.record === b.record ? 'same' : !readable ? 'damaged' : fields.length > 0 ? 'fields' : 'state';
  return { title: one.title, lane, a: one, b: other, how, fields, scores: sideBySide(one, other) };
}
