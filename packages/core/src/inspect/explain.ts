import type { OpEntry, OpLog } from '../ports/op-log.js';
import type { Answer, CallAccount, Reason, RunAccount } from '../replay/account.js';
import type { FieldChange, Fields } from '../replay/fields.js';
import { describeNumber, describeOp, type OpInfo } from './op-info.js';
import { differences } from './past.js';
import { readRecord } from './read-record.js';
import { type Recomputing, recomputing } from './recomputing.js';
import { type RunInfo, runsOf } from './runs.js';

/** How the last run that came by an op answered it. */
export interface LastAnswer {
  /** `diverged`: another call was made there, and nothing was done. `replaced`: another call was made there, and took its place. */
  readonly how: Answer | 'diverged' | 'replaced';
  /** When that run began; null for this process. */
  readonly at: Date | null;
  /** How many later runs of the model didn't come by it. */
  readonly runsSince: number;
  /** What the call was compared with and where it differed; null for a hit. */
  readonly reason: Reason | null;
  /** The op that the record was taken, or gone on with, from. */
  readonly origin: OpInfo | null;
  /** The op that took its place, where it was replaced. */
  readonly by: OpInfo | null;
  /** The first call of the block (or of the handle) in that run that was not a hit; null where all were. */
  readonly first: CallAccount | null;
}

/** The op that was at a place before another, and what differs. */
export interface Earlier {
  readonly op: OpInfo;
  readonly fields: readonly FieldChange[];
  /** Whether it began from the same state. */
  readonly sameStateBefore: boolean | null;
}

/** Why an op is as it is: from what is stored, running nothing. */
export interface Explanation {
  readonly op: OpInfo;
  /** Null where no kept run called it. */
  readonly answer: LastAnswer | null;
  /** What decides it, by field; with the state before, its fingerprint is the digest of these. Null where the record is damaged. */
  readonly fields: Fields | null;
  /** The op that it was first taken, or gone on with, from. */
  readonly origin: OpInfo | null;
  /** What was recorded at its place before it. */
  readonly earlier: Earlier | null;
  /** What is recorded at its place now, where that is not this op. */
  readonly live: OpInfo | null;
  readonly recomputing: Recomputing;
}

/**
 * Explains an op: how the last run that came by it answered it and why, what decides it, and what recomputing it costs. Reads the
 * log only.
 * @param own what this process did so far: newer than what the log keeps
 */
export async function explain(log: OpLog, entry: OpEntry, own: RunAccount | null = null): Promise<Explanation> {
  const runs = [...(own === null ? [] : [{ at: null, account: own }]), ...(await runsOf(log, entry.model))];
  const record = await readRecord(log, entry.record);
  const there = entry.status === 'live' ? undefined : await log.at(entry);
  return {
    op: await describeOp(log, entry),
    answer: await lastAnswer(log, entry, runs),
    fields: record?.fields ?? null,
    origin: await describeNumber(log, entry.origin),
    earlier: await earlier(log, entry),
    live: there === undefined ? null : await describeOp(log, there),
    recomputing: await recomputing(log, entry),
  };
}

async function lastAnswer(log: OpLog, entry: OpEntry, runs: readonly RunInfo[]): Promise<LastAnswer | null> {
  for (const [runsSince, { at, account }] of runs.entries()) {
    const call = lastCallOf(entry, account);
    if (call === undefined) continue;
    const first = account.calls.find((each): each is CallAccount => typeof each === 'object' && sameLane(each, entry));
    const when = { at, runsSince, first: first ?? null };
    if (typeof call === 'number') return { how: 'hit', ...when, reason: null, origin: null, by: null };
    const replaced = call.entry !== entry.id && call.how !== 'diverged';
    return {
      how: replaced ? 'replaced' : call.how,
      ...when,
      reason: call.reason,
      origin: replaced ? null : await describeNumber(log, call.origin),
      by: replaced ? await describeNumber(log, call.entry) : null,
    };
  }
  return null;
}

/** The last call of a run that concerns an entry. One that was not a hit says more than a later hit of the same run. */
function lastCallOf(entry: OpEntry, { calls }: RunAccount): number | CallAccount | undefined {
  const told = calls.findLast((call): call is CallAccount => {
    if (typeof call === 'number') return false;
    if (call.entry === entry.id) return true;
    return call.reason.recorded === entry.id && (call.how === 'diverged' || entry.status === 'superseded');
  });
  return told ?? calls.find((call) => call === entry.id);
}

function sameLane({ place }: CallAccount, entry: OpEntry): boolean {
  return place.checkpoint === entry.checkpoint && place.lane === entry.lane;
}

async function earlier(log: OpLog, entry: OpEntry): Promise<Earlier | null> {
  const { model, checkpoint, lane, kind, name, occurrence } = entry;
  const there = await log.entries({ model, checkpoint, lane, kind });
  const before = there
    .filter((other) => other.id < entry.id && other.name === name && other.occurrence === occurrence)
    .toSorted((a, b) => a.id - b.id)
    .at(-1);
  if (before === undefined) return null;
  const [record, own] = await Promise.all([readRecord(log, before.record), readRecord(log, entry.record)]);
  const readable = record !== null && own !== null;
  return {
    op: await describeOp(log, before),
    fields: readable ? differences(record, own) : [],
    sameStateBefore: readable ? record.stateBefore === own.stateBefore : null,
  };
}
