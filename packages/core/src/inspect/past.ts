import type { OpEntry, OpLog, OpRecord } from '../ports/op-log.js';
import { changes, type FieldChange, isWithin } from '../replay/fields.js';
import { explained } from '../replay/reason.js';
import { describeOp, type OpInfo } from './op-info.js';
import { readRecord } from './read-record.js';

/** The first ops, from the root on, in which two pasts are not the same; null on the side whose past ends there. */
export interface Parting {
  readonly a: OpInfo | null;
  readonly b: OpInfo | null;
  /** What differs in them, where both are calls of one kind at one place. */
  readonly fields: readonly FieldChange[];
}

/** Where two pasts part; null where they are the same. */
export async function parting(log: OpLog, a: OpEntry, b: OpEntry): Promise<Parting | null> {
  const [pastA, pastB] = await Promise.all([log.ancestors(a.id), log.ancestors(b.id)]);
  const at = pastA.findIndex(({ record }, i) => record !== pastB[i]?.record);
  const index = at < 0 ? pastA.length : at;
  const [first, second] = [pastA[index], pastB[index]];
  if (first === undefined && second === undefined) return null;
  return {
    a: first === undefined ? null : await describeOp(log, first),
    b: second === undefined ? null : await describeOp(log, second),
    fields: first && second ? await between(log, first, second) : [],
  };
}

async function between(log: OpLog, a: OpEntry, b: OpEntry): Promise<readonly FieldChange[]> {
  if (a.kind !== b.kind || a.name !== b.name) return [];
  const [first, second] = await Promise.all([readRecord(log, a.record), readRecord(log, b.record)]);
  return first && second ? differences(first, second) : [];
}

/** What decides and differs; of two roots also what led to another net. */
export function differences(a: OpRecord, b: OpRecord): readonly FieldChange[] {
  const led = a.kind === 'open' && b.kind === 'open' ? changes(a.observed, b.observed) : [];
  return [...led.filter(({ path }) => path === 'engine' || isWithin(path, 'hparams')), ...explained(a, b)];
}

/** What is only observed and differs, without what `differences` says already. */
export function observedDifferences(a: OpRecord, b: OpRecord): readonly FieldChange[] {
  const said = differences(a, b);
  return changes(a.observed, b.observed).filter(({ path }) => !said.some((each) => isWithin(path, each.path)));
}
