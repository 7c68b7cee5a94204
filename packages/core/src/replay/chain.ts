import type { NewEntry, OpLog, OpRecord, Place, StateRow } from '../ports/op-log.js';
import type { Manifest } from '../state/manifest.js';
import type { Digest, Fingerprint, StateDigest } from '../values/digest.js';

/** What a state has, so far as later calls must know it before any state is read. */
export interface ComponentSummary {
  /** Digest of the net, and the fingerprint of the `open` that the state comes from. */
  readonly net: Digest;
  readonly root: Fingerprint;
  readonly loss: string | null;
  /** Names of the objectives that the loss is made of. Left out where there are none. */
  readonly objectives?: readonly string[];
  readonly optimizer: string | null;
  /** The key that the scheduler watches, such as `val_loss`; null where it watches none. */
  readonly epochMonitor: string | null;
  readonly stepMonitor: string | null;
}

/** An op of this run that made a state, and the op whose state it began from. */
export interface ChainOp {
  readonly place: Place;
  readonly position: number;
  readonly record: OpRecord;
  readonly components: ComponentSummary;
  readonly parent: ChainOp | null;
  /** Its entry in the log; null until something that stands on it is recorded. */
  entry: number | null;
  /** What has to be durable before it can be logged. Undefined where the record was there already. */
  readonly publish?: () => Promise<readonly StateRow[]>;
  /** Its state, where that may not be in the store yet. */
  readonly manifest?: Manifest;
  /**
   * Makes its state readable again, by computing it anew. Undefined where this run has not made the call.
   * @throws RepriseError `STATE_CHANGED` where it came to another one
   */
  readonly again?: () => Promise<void>;
}

/** Where a lane stands: the op that came last, and its state. They part where an unrecorded train moved the state. */
export interface Head {
  readonly op: ChainOp;
  readonly state: StateDigest;
  /** Stored states that the log doesn't know yet. */
  readonly unlogged: readonly StateRow[];
}

export function headAt(op: ChainOp): Head {
  return { op, state: op.record.stateAfter as StateDigest, unlogged: [] };
}

/**
 * Stores the states of an op and of those that it stands on, so far as the log lacks them: durable, and named by nothing yet. What runs on them
 * needs no more; they are logged with the first op that comes of it.
 */
export async function publishChain(tip: ChainOp): Promise<readonly StateRow[]> {
  const waiting: ChainOp[] = [];
  for (let op: ChainOp | null = tip; op !== null && op.entry === null; op = op.parent) waiting.push(op);
  return (await Promise.all(waiting.map(async (op) => (await op.publish?.()) ?? []))).flat();
}

/**
 * Writes an op, and with it those that it stands on and that the log lacks, in one transaction.
 * `open` and `setup` wait here, since a call that diverges must leave the log as it was.
 */
export async function logChain(log: OpLog, tip: ChainOp): Promise<void> {
  const waiting: ChainOp[] = [];
  for (let op: ChainOp | null = tip; op !== null && op.entry === null; op = op.parent) waiting.unshift(op);
  if (waiting.length === 0) return;
  const published = await Promise.all(waiting.map(async (op) => (await op.publish?.()) ?? []));
  const entries: NewEntry[] = waiting.map(({ place, position, record, parent }, i) => ({
    ...place,
    position,
    record: record.fingerprint,
    parent: i > 0 ? { added: i - 1 } : (parent?.entry ?? null),
    how: 'run',
    origin: null,
    createdAt: record.createdAt,
  }));
  const added = await log.commit({
    states: published.flat(),
    records: waiting.filter((op) => op.publish !== undefined).map(({ record }) => record),
    entries,
  });
  waiting.forEach((op, i) => {
    op.entry = added[i]?.id ?? null;
  });
}

/**
 * The same chain with its unlogged ops of a checkpoint under another id, which has come to be the one that they are logged under. Those that are recorded
 * there already are found.
 */
export async function underId(log: OpLog, op: ChainOp, from: string, to: string): Promise<ChainOp> {
  if (op.entry !== null || op.parent === null || op.place.checkpoint !== from) return op;
  const parent = await underId(log, op.parent, from, to);
  const place = { ...op.place, checkpoint: to };
  const match = await log.match(place, op.record.fingerprint);
  const stands = match !== undefined && match.entry.parent === parent.entry;
  return { ...op, place, parent, entry: stands ? match.entry.id : null };
}

/** Whether logging this chain would put an op in the place of another one that is recorded in the checkpoint. */
export async function replaces(log: OpLog, tip: ChainOp, checkpoint: string): Promise<boolean> {
  for (let op: ChainOp | null = tip; op !== null && op.entry === null; op = op.parent) {
    if (op.place.checkpoint !== checkpoint) continue;
    const entry = await log.at(op.place);
    if (entry !== undefined && entry.record !== op.record.fingerprint) return true;
  }
  return false;
}
