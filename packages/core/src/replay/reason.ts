import type { OpEntry, OpLog, OpRecord, Place } from '../ports/op-log.js';
import type { Fingerprint } from '../values/digest.js';
import type { Reason } from './account.js';
import type { ChainOp, Head } from './chain.js';
import { changes, describeChange, type FieldChange, type Fields, isWithin } from './fields.js';
import { placeSaid } from './place.js';

/** What a call is compared by: what decides it, and what only explains. */
export interface Compared {
  readonly fields: Fields;
  readonly observed: Fields;
}

/** A recorded op. */
export interface Recorded {
  readonly entry: OpEntry;
  readonly record: OpRecord;
}

/** Why a call is not the one that is recorded at its place, or was there last. Reads the log only. */
export async function reasonOf(
  log: OpLog,
  called: Compared & { readonly place: Place; readonly head: Head },
  there: OpEntry | undefined,
  notExtended: string | null = null,
): Promise<Reason> {
  const recorded = await recordedAt(log, called.place, there);
  if (recorded === undefined) return { recorded: null, fields: [], began: null, notExtended };
  return {
    recorded: recorded.entry.id,
    fields: explained(recorded.record, called),
    began: await whereItBegan(log, recorded, called.head),
    notExtended,
  };
}

/** The op at a place, else the one that was there last. */
async function recordedAt(log: OpLog, place: Place, there: OpEntry | undefined): Promise<Recorded | undefined> {
  const { model, checkpoint, lane, kind, name, occurrence } = place;
  const at = { model, checkpoint, lane, kind, name, occurrence, status: 'superseded' } as const;
  const entry = there ?? newest(await log.entries(at));
  const record = entry && (await log.record(entry.record));
  return entry === undefined || record === undefined ? undefined : { entry, record };
}

function newest(entries: readonly OpEntry[]): OpEntry | undefined {
  return entries.toSorted((a, b) => a.id - b.id).at(-1);
}

/** The deciding fields that differ; for one that is a digest, what lies within it and differs. */
export function explained(recorded: Compared, called: Compared): readonly FieldChange[] {
  const within = changes(recorded.observed, called.observed);
  return changes(recorded.fields, called.fields).map((change) => {
    const parts = within.filter(({ path }) => isWithin(path, change.path));
    return parts.length === 0 ? change : { ...change, within: parts };
  });
}

/** The first pair of ops, from the root on, in which the recorded past and this run's differ; null where the states before are the same. */
async function whereItBegan(log: OpLog, there: Recorded, head: Head): Promise<string | null> {
  if (there.record.stateBefore === head.state) return null;
  const [recordedPast, calledPast] = await Promise.all([pastOf(log, there.entry.parent), pastOfHead(log, head)]);
  const from = recordedPast.findIndex(({ record }, i) => record !== calledPast[i]?.record);
  const at = from < 0 ? recordedPast.length : from;
  const [recorded, called] = [recordedPast[at], calledPast[at]];
  if (recorded === undefined && called === undefined) return 'a model.train() that is not recorded';
  if (recorded === undefined) return `${placeSaid((called as PastOp).place)}, which is new here`;
  if (called === undefined) return `${placeSaid(recorded.place)}, which is no longer called before it`;
  const { kind, checkpoint } = called.place;
  if (recorded.place.kind !== kind || recorded.place.checkpoint !== checkpoint) {
    return `${placeSaid(called.place)}, where ${placeSaid(recorded.place)} was recorded`;
  }
  const [then, now] = await Promise.all([recorded.read(), called.read()]);
  const said = then && now ? differences(then, now).map(describeChange).join(', ') : '';
  return `${placeSaid(called.place)}${said === '' ? '' : `: ${said}`}`;
}

function differences(recorded: OpRecord, called: OpRecord): readonly FieldChange[] {
  const fields = explained(recorded, called);
  // They decide nothing by themselves; where the net changed they are why.
  const why = called.kind === 'open' ? changes(recorded.observed, called.observed) : [];
  return [...why.filter(({ path }) => path === 'engine' || isWithin(path, 'hparams')), ...fields];
}

/** An op that something stands on. */
interface PastOp {
  readonly place: Place;
  readonly record: Fingerprint;
  read(): Promise<OpRecord | undefined>;
}

/** The ops from the root to this entry, as the log has them. */
async function pastOf(log: OpLog, from: number | null): Promise<readonly PastOp[]> {
  const entries = from === null ? [] : await log.ancestors(from);
  return entries.map((entry) => ({ place: entry, record: entry.record, read: () => log.record(entry.record) }));
}

/** The ops from the root to this run's head: those of this process, and before them those of the log. */
async function pastOfHead(log: OpLog, head: Head): Promise<readonly PastOp[]> {
  const here: PastOp[] = [];
  let first: ChainOp = head.op;
  for (let op: ChainOp | null = head.op; op !== null; op = op.parent) {
    first = op;
    const { place, record } = op;
    here.push({ place, record: record.fingerprint, read: async () => record });
  }
  here.reverse();
  if (first.place.kind === 'open' || first.entry === null) return here;
  return [...(await pastOf(log, first.entry)), ...here.slice(1)];
}
