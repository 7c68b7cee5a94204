import type { OpEntry, OpLog } from '../ports/op-log.js';
import type { FieldChange } from '../replay/fields.js';
import { describeOp, type OpInfo } from './op-info.js';
import { differences, observedDifferences, type Parting, parting } from './past.js';
import { readRecord } from './read-record.js';

/** One score of two ops side by side; null where one of them lacks it. */
export interface ScorePair {
  readonly name: string;
  readonly a: number | null;
  readonly b: number | null;
}

/** Two ops, compared. */
export interface OpDiff {
  readonly a: OpInfo;
  readonly b: OpInfo;
  /** The same call on the same state: one record answers both. */
  readonly same: boolean;
  /** Both lead to the same state, bit for bit; null where one of them changes no state. */
  readonly sameState: boolean | null;
  /** What decides and differs: `recorded` is a's, `called` is b's. */
  readonly fields: readonly FieldChange[];
  /** What is only observed and differs. */
  readonly observed: readonly FieldChange[];
  /** Where the states before come from other calls; null where they are the same. */
  readonly parting: Parting | null;
  readonly scores: readonly ScorePair[];
}

/** Compares two ops of any model. Reads their records, and those of their pasts. */
export async function diffOps(log: OpLog, a: OpEntry, b: OpEntry): Promise<OpDiff> {
  const [first, second] = await Promise.all([readRecord(log, a.record), readRecord(log, b.record)]);
  const [infoA, infoB] = [await describeOp(log, a), await describeOp(log, b)];
  const states = [first?.stateAfter ?? null, second?.stateAfter ?? null];
  const [parentA, parentB] = await Promise.all([parentOf(log, a), parentOf(log, b)]);
  const stateDiffers = first === null || second === null || first.stateBefore !== second.stateBefore;
  return {
    a: infoA,
    b: infoB,
    same: a.record === b.record,
    sameState: states.includes(null) ? null : states[0] === states[1],
    fields: first && second ? differences(first, second) : [],
    observed: first && second ? observedDifferences(first, second) : [],
    parting: stateDiffers && parentA && parentB ? await parting(log, parentA, parentB) : null,
    scores: sideBySide(infoA, infoB),
  };
}

async function parentOf(log: OpLog, { parent }: OpEntry): Promise<OpEntry | undefined> {
  return parent === null ? undefined : log.entry(parent);
}

/** The scores of two ops, by name. */
export function sideBySide(a: OpInfo, b: OpInfo): readonly ScorePair[] {
  const [first, second] = [a.result?.scores ?? {}, b.result?.scores ?? {}];
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  return names.map((name) => ({ name, a: first[name] ?? null, b: second[name] ?? null }));
}
