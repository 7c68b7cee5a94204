import type { EntryOrigin, OpEntry, OpLog, OpRecord, Place, Settlement, Tag } from '../ports/op-log.js';
import { titleOf } from '../replay/place.js';
import type { Fingerprint, StateDigest } from '../values/digest.js';
import { addressOf } from './address.js';
import { readRecord } from './read-record.js';
import { type ResultSummary, summarize } from './result-summary.js';

/** One op of the log, for people and programs that look at it. */
export interface OpInfo extends Place {
  /** Its own for ever; `#12` names it. */
  readonly number: number;
  /** Where it was called: `mnist/1/train#2`. */
  readonly address: string;
  /** `train #2` */
  readonly title: string;
  readonly status: 'live' | 'superseded';
  /** How it came to be here, and the number of the op that it was taken from. */
  readonly how: EntryOrigin;
  readonly origin: number | null;
  /** The number of the op that it stands on. */
  readonly parent: number | null;
  readonly createdAt: Date;
  readonly record: Fingerprint;
  /** The record's bytes are not those that were written: what they say is null here. */
  readonly damaged: boolean;
  /** Milliseconds that computing it took, what it went on with included. */
  readonly cost: number | null;
  readonly stateBefore: StateDigest | null;
  /** Null where it changes no state. */
  readonly stateAfter: StateDigest | null;
  readonly result: ResultSummary | null;
  /** It stands for another call than the one that it was computed for, as agreed: its state before is not that of the op it stands on. */
  readonly accepted: boolean;
  readonly tags: readonly string[];
  /** What was said from outside of the next divergence here. */
  readonly settlement: Settlement['policy'] | null;
}

/** Describes ops, in their order. Costs a read of each one's record. */
export async function describeOps(log: OpLog, entries: readonly OpEntry[]): Promise<readonly OpInfo[]> {
  const models = [...new Set(entries.map(({ model }) => model))];
  const tags = (await Promise.all(models.map((model) => log.tags(model)))).flat();
  return Promise.all(entries.map((entry) => describe(log, entry, tags)));
}

export async function describeOp(log: OpLog, entry: OpEntry): Promise<OpInfo> {
  return describe(log, entry, await log.tags(entry.model));
}

/** The op of a number; null where there is no number, or where the op was removed. */
export async function describeNumber(log: OpLog, number: number | null): Promise<OpInfo | null> {
  const entry = number === null ? undefined : await log.entry(number);
  return entry === undefined ? null : describeOp(log, entry);
}

async function describe(log: OpLog, entry: OpEntry, tags: readonly Tag[]): Promise<OpInfo> {
  const [record, settlement] = await Promise.all([readRecord(log, entry.record), log.settlement(entry.id)]);
  const parent = entry.parent === null ? undefined : await log.entry(entry.parent);
  const stands = parent && (await readRecord(log, parent.record));
  return infoOf(entry, record, {
    accepted:
      entry.status === 'live' &&
      !!record &&
      !!stands &&
      record.stateBefore !== stands.stateAfter &&
      (await log.aliases(entry.record)).length > 0,
    tags: tags.filter((tag) => tag.model === entry.model && tag.record === entry.record).map(({ name }) => name),
    settlement: settlement?.policy ?? null,
  });
}

function infoOf(
  entry: OpEntry,
  record: OpRecord | null,
  more: Pick<OpInfo, 'accepted' | 'tags' | 'settlement'>,
): OpInfo {
  const { model, checkpoint, lane, kind, name, occurrence, status, how, origin, parent } = entry;
  return {
    number: entry.id,
    address: addressOf(entry),
    title: titleOf(entry),
    model,
    checkpoint,
    lane,
    kind,
    name,
    occurrence,
    status,
    how,
    origin,
    parent,
    createdAt: new Date(entry.createdAt),
    record: entry.record,
    damaged: record === null,
    cost: record?.cost ?? null,
    stateBefore: record?.stateBefore ?? null,
    stateAfter: record?.stateAfter ?? null,
    result: record && summarize(record),
    ...more,
  };
}

/** What computing these took, each record counted once. */
export function costOf(ops: readonly Pick<OpInfo, 'record' | 'cost'>[]): number {
  const costs = new Map(ops.map(({ record, cost }) => [record, cost ?? 0]));
  return [...costs.values()].reduce((sum, cost) => sum + cost, 0);
}
