import { decode } from '../codec/index.js';
import type { OpLog, OpRecord, Snapshot } from '../ports/op-log.js';
import type { TrainResult } from '../training/result.js';
import type { Fingerprint } from '../values/digest.js';
import { changes, type Fields } from './fields.js';
import type { Recorded } from './reason.js';

/** A train call, so far as it can go on with another of the same series. */
export interface Extending {
  /** Worked out when it is first asked for: a hit never does. */
  readonly series: Fingerprint;
  /** How many epochs it asks for. */
  readonly epochs: number;
  /** Bits depend on the number of threads: what another number computed is not gone on with. */
  threads(): Promise<number>;
}

/** What is known of a train call that asks for another number of epochs than any recorded one. */
export interface Known {
  /** A recorded train that stopped early, within what this one asks for: its result is this one's. */
  readonly stopped: OpRecord | null;
  /** States after so many epochs or fewer, the furthest first. */
  readonly from: readonly Snapshot[];
}

export async function knownOf(log: OpLog, call: Extending): Promise<Known> {
  const { series, epochs } = call;
  const all = await log.snapshots({ series });
  if (all.length === 0) return { stopped: null, from: [] };
  const count = await call.threads();
  const usable = all.filter((snapshot) => snapshot.threads === count);
  const records = await log.series(series);
  return {
    stopped: records.find((record) => stoppedWithin(record, epochs)) ?? null,
    from: usable.filter(({ epoch, step }) => epoch < epochs || (epoch === epochs && step === 0)),
  };
}

function stoppedWithin(record: OpRecord, epochs: number): boolean {
  const { stopped, epochs: trained } = decode(record.result) as unknown as TrainResult;
  return stopped !== 'epochs' && trained < epochs;
}

/** Whether a train that was killed is called again, as it was. */
export function isUnfinished(snapshot: Snapshot | undefined, { epochs }: Extending): boolean {
  return snapshot !== undefined && snapshot.running && snapshot.epochs === epochs;
}

/** Whether a train only lengthens the one at its place, on which nothing stands that would have to be computed anew. */
export async function lengthens(log: OpLog, call: Extending, there: Recorded | undefined): Promise<boolean> {
  if (there === undefined || there.record.series !== call.series) return false;
  return epochsOf(there.record.fields) < call.epochs && (await standing(log, there.entry.id)) === 0;
}

/** Why a train that differs from a recorded one in its number of epochs is not gone on with; null where that is not what differs. */
export async function whyNotExtended(
  log: OpLog,
  call: Extending & { readonly fields: Fields },
  there: Recorded,
  known: Known,
): Promise<string | null> {
  const differ = changes(there.record.fields, call.fields).map(({ path }) => path);
  if (!differ.includes('epochs')) return null;
  const recorded = epochsOf(there.record.fields);
  if (there.record.series !== call.series) {
    return recorded < call.epochs ? 'more than the number of epochs has changed' : null;
  }
  if (recorded > call.epochs) return `the state after ${call.epochs} of the ${recorded} epochs was not kept`;
  const count = await standing(log, there.entry.id);
  if (known.from.length === 0) return 'its last state was not kept, or was computed with another number of threads';
  return count === 0
    ? null
    : `${count} train() or cached() ${count === 1 ? 'call that stands' : 'calls that stand'} on it would change`;
}

/** The ops on a state that would have to be computed anew if it changed. An evaluate just runs where its state is new; so do findLr and predict. */
async function standing(log: OpLog, entry: number): Promise<number> {
  const stand = await log.descendants(entry);
  return stand.filter(({ kind }) => kind === 'train' || kind === 'cached').length;
}

function epochsOf(fields: Fields): number {
  return fields['epochs'] as number;
}
