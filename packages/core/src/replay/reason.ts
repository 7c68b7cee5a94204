import type { OpEntry, OpLog, OpRecord, Place } from '../ports/op-log.js';
import type { Fingerprint, StateDigest } from '../values/digest.js';
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
    began: await whereItBegan(log, recorded, called.place, called.head),
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

/**
 * The deciding fields that differ; for one that is a digest, what lies within it and differs. What decides one call and is only observed by the
 * other, since nothing watches it there, differs where it is another.
 */
export function explained(recorded: Compared, called: Compared): readonly FieldChange[] {
  const within = changes(recorded.observed, called.observed);
  const differing = changes(beside(recorded, called), beside(called, recorded));
  return differing.map((change) => {
    const all = within.filter(({ path }) => isWithin(path, change.path) && path !== change.path);
    // What lies deepest says it best: the value that a function closes over, not the function.
    const parts = all.filter(({ path }) => !all.some((other) => other.path !== path && isWithin(other.path, path)));
    return parts.length === 0 ? change : { ...change, within: parts };
  });
}

/** The fields of a call, and with them what it observes of that which decides the other one. */
function beside({ fields, observed }: Compared, other: Compared): Fields {
  const also = Object.entries(observed).filter(([path]) => path in other.fields && !(path in fields));
  return { ...fields, ...Object.fromEntries(also) };
}

/** The first pair of ops, from the root on, in which the recorded past and this run's differ; null where the states before are the same. */
async function whereItBegan(log: OpLog, there: Recorded, place: Place, head: Head): Promise<string | null> {
  if (there.record.stateBefore === head.state) return null;
  const [then, now] = await Promise.all([pastOf(log, await parentOf(log, there)), pastOfHead(log, head)]);
  const from = then.findIndex(({ record }, i) => record !== now[i]?.record);
  const at = from < 0 ? then.length : from;
  const [recorded, called] = [then[at], now[at]];
  if (recorded === undefined && called === undefined) return anotherMoment(log, there, head);
  const [stood, stands] = [basisOf(then, place), basisOf(now, place)];
  if (stood?.place.checkpoint !== stands?.place.checkpoint) {
    return `checkpoint '${place.checkpoint}', which stands on ${basisSaid(stands)} and stood on ${basisSaid(stood)}`;
  }
  const isIn = (past: readonly PastOp[], op: PastOp): boolean => past.some((other) => samePlace(other.place, op.place));
  if (recorded !== undefined && !isIn(now, recorded))
    return `${placeSaid(recorded.place)}, which is no longer called before it`;
  if (called !== undefined && !isIn(then, called)) return `${placeSaid(called.place)}, which is new here`;
  if (recorded === undefined || called === undefined) return 'the order of the calls before it';
  const [before, after] = await Promise.all([recorded.read(), called.read()]);
  if (before === undefined || after === undefined) return placeSaid(called.place);
  if (after.kind !== called.place.kind) return 'a state by its tag or number, whose op was removed';
  const what = samePlace(recorded.place, called.place)
    ? placeSaid(called.place)
    : `${placeSaid(called.place)}, where ${placeSaid(recorded.place)} was recorded`;
  const said = before.kind === after.kind ? differences(before, after).map(describeChange).join(', ') : '';
  return `${what}${said === '' ? '' : `: ${said}`}`;
}

/** The calls before are the same, and the states are not: another epoch of the train is stood on, or what is not recorded came in between. */
async function anotherMoment(log: OpLog, { record }: Recorded, { op, state }: Head): Promise<string> {
  const [was, is] = await Promise.all([momentOf(log, op.record, record.stateBefore), momentOf(log, op.record, state)]);
  const unknown = 'a model.train() or a load of weights that is not recorded';
  return was === null || is === null ? unknown : `where ${placeSaid(op.place)} is gone on from: ${was} → ${is}`;
}

/** Which state of a train this is; null where it is none. */
async function momentOf(
  log: OpLog,
  { series, stateAfter }: OpRecord,
  state: StateDigest | null,
): Promise<string | null> {
  if (state === stateAfter) return 'where it ended';
  if (series === null) return null;
  const snapshot = (await log.snapshots({ series })).find((each) => each.state === state);
  return snapshot === undefined ? null : `after epoch ${snapshot.epoch}`;
}

/** The entry that a recorded op was computed on: not the one that it stands on, where it was accepted for another call. */
async function parentOf(log: OpLog, { entry, record }: Recorded): Promise<number | null> {
  const { stateBefore } = record;
  const parent = entry.parent === null ? undefined : await log.entry(entry.parent);
  const stands = parent && (await log.record(parent.record));
  if (stateBefore === null || stands?.stateAfter === stateBefore) return entry.parent;
  const others = await log.entries({ model: entry.model, stateAfter: stateBefore });
  return newest(others)?.id ?? entry.parent;
}

/** The last op before those of the checkpoint that the call belongs to. */
function basisOf(past: readonly PastOp[], { checkpoint }: Place): PastOp | undefined {
  return past.findLast((op) => op.place.checkpoint !== checkpoint);
}

function basisSaid(op: PastOp | undefined): string {
  return op === undefined || op.place.kind === 'open' ? 'the untrained net' : placeSaid(op.place);
}

function samePlace(a: Place, b: Place): boolean {
  const same = a.checkpoint === b.checkpoint && a.lane === b.lane && a.kind === b.kind;
  return same && a.name === b.name && a.occurrence === b.occurrence;
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
