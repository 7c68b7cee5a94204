import { decodeVerified, encode } from '../codec/index.js';
import { RepriseError } from '../errors/base.js';
import type { Hasher } from '../ports/hasher.js';
import type { OpEntry, OpLog, OpRecord, Place, StateRow } from '../ports/op-log.js';
import type { Fingerprint } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import { type ChainOp, type ComponentSummary, type Head, logChain } from './chain.js';
import { type DivergencePolicy, divergence } from './divergence.js';
import { type Fields, fingerprintOf } from './fields.js';

/** A call, ready to be looked up and, where nothing answers it, to be run. */
export interface Call {
  readonly place: Place;
  /** Its order among all calls of its lane in this run. */
  readonly position: number;
  readonly head: Head;
  readonly fields: Fields;
  readonly observed: Fields;
  /** What a replay of the record has to know at once. */
  readonly summary: Fields;
  readonly onDivergence: DivergencePolicy;
  /** Whether another call recorded at this place is a divergence. Calls that change no state just run. */
  readonly diverges: boolean;
  run(): Promise<Ran>;
}

/** What running a call came to. */
export interface Ran {
  readonly result: Plain;
  readonly lines: readonly string[];
  /** Milliseconds. */
  readonly cost: number;
  /** The state after, stored and durable; null where the call changes none. */
  readonly after: StateRow | null;
  readonly components: ComponentSummary;
  readonly provenance: { readonly [name: string]: Plain };
}

/** How a call was answered. */
export type Answer = 'hit' | 'adopted' | 'accepted' | 'run';

export interface Answered {
  readonly how: Answer;
  readonly record: OpRecord;
  /** The decoded result: of a run, too, so that the first run and a replay return the same. */
  readonly result: Plain;
  /** Where the op moved its lane to; null where it changed no state. */
  readonly op: ChainOp | null;
  /** The entry of the log that stands for the call. */
  readonly entry: number;
  /** Where an adopted record was found. */
  readonly origin: OpEntry | null;
}

/**
 * The replay rule. A call is looked up in this order: at its place (hit), by its fingerprint anywhere (adopted), and then it is
 * new (run), or another call holds its place (diverged, by policy). Reads no tensor, loads no engine, iterates no data,
 * unless it runs.
 * @throws DivergenceError; whatever running throws. The log is then as it was.
 */
export async function answer(log: OpLog, hasher: Hasher, now: () => number, call: Call): Promise<Answered> {
  const { place, head, fields } = call;
  const fingerprint = fingerprintOf(hasher, { kind: place.kind, name: place.name, fields, before: head.state });
  const match = await log.match(place, fingerprint);
  if (match !== undefined) return hit(log, call, match.entry, match.record);

  const [entry, record] = await Promise.all([log.at(place), log.record(fingerprint)]);
  if (record?.fingerprint === fingerprint) return adopt(log, call, entry, record);
  // Another record answers to this call too, where that was accepted: here, while it is the one that stands here.
  const accepted = record !== undefined && entry?.record === record.fingerprint && call.onDivergence !== 'rerun';
  if (accepted) return hit(log, call, entry, record, 'accepted');
  if (entry === undefined || !call.diverges) return run(log, call, fingerprint, now, entry);
  return settle(log, call, fingerprint, now, entry);
}

async function hit(
  log: OpLog,
  call: Call,
  entry: OpEntry,
  record: OpRecord,
  how: 'hit' | 'accepted' = 'hit',
): Promise<Answered> {
  if (call.head.op.entry === null) await logChain(log, call.head.op);
  const parent = call.head.op.entry;
  if (entry.position !== call.position || entry.parent !== parent) {
    await log.move(entry.id, { position: call.position, parent });
  }
  return answered(how, call, record, entry.id, null);
}

async function adopt(log: OpLog, call: Call, replaced: OpEntry | undefined, record: OpRecord): Promise<Answered> {
  const known = await log.entries({ record: record.fingerprint });
  const origin = known.find(({ status }) => status === 'live') ?? known.at(-1) ?? null;
  await logChain(log, call.head.op);
  const supersede = replaced === undefined ? [] : await withDescendants(log, replaced, record.stateAfter !== null);
  const entry = await append(log, call, record, { supersede });
  return answered('adopted', call, record, entry, origin);
}

async function run(
  log: OpLog,
  call: Call,
  fingerprint: Fingerprint,
  now: () => number,
  replaced: OpEntry | undefined,
): Promise<Answered> {
  const { place, fields, observed, head } = call;
  await logChain(log, head.op);
  await requireParent(log, head.op);
  const ran = await call.run();
  const record: OpRecord = {
    fingerprint,
    kind: place.kind,
    fields,
    summary: { ...call.summary, components: ran.components as unknown as Plain },
    observed,
    stateBefore: head.state,
    stateAfter: ran.after?.digest ?? null,
    result: encode(ran.result),
    lines: ran.lines,
    cost: ran.cost,
    provenance: ran.provenance,
    createdAt: now(),
  };
  const supersede = replaced === undefined ? [] : await withDescendants(log, replaced, ran.after !== null);
  const states = ran.after === null ? [] : [ran.after];
  const entry = await append(log, call, record, { supersede, states, isNew: true });
  // Another process may have recorded the same call meanwhile: what every later run returns is what this one does.
  const recorded = (await log.record(fingerprint)) ?? record;
  return answered('run', call, recorded, entry, null);
}

async function settle(
  log: OpLog,
  call: Call,
  fingerprint: Fingerprint,
  now: () => number,
  entry: OpEntry,
): Promise<Answered> {
  if (call.onDivergence === 'rerun') return run(log, call, fingerprint, now, entry);
  const record = (await log.record(entry.record)) as OpRecord;
  // The state of another net can't be gone on from: there is nothing to accept.
  const acceptable = componentsOf(record).net === call.head.op.components.net;
  if (call.onDivergence === 'error' || !acceptable) {
    const descendants = await log.descendants(entry.id);
    throw await divergence(log, { entry, record, descendants, acceptable }, call);
  }
  await logChain(log, call.head.op);
  const alias = { fingerprint, record: record.fingerprint, fields: call.fields, createdAt: now() };
  await log.commit({ aliases: [alias] });
  return hit(log, call, entry, record, 'accepted');
}

/** What a call stands on may have been deleted by another process: better said before it runs than after. */
async function requireParent(log: OpLog, { entry, place }: ChainOp): Promise<void> {
  if (entry === null || (await log.entry(entry)) !== undefined) return;
  throw new RepriseError(
    'NO_CHECKPOINT',
    `Checkpoint '${place.checkpoint}' of model '${place.model}', which this call stands on, was deleted by another process. ` +
      'Nothing was run. Run the script again: it computes the checkpoint anew.',
  );
}

/** An op and what stands on its state; just the op where it made no state. */
async function withDescendants(log: OpLog, entry: OpEntry, changesState: boolean): Promise<readonly number[]> {
  if (!changesState) return [entry.id];
  return [entry.id, ...(await log.descendants(entry.id)).map(({ id }) => id)];
}

async function append(
  log: OpLog,
  call: Call,
  record: OpRecord,
  also: { readonly supersede: readonly number[]; readonly states?: readonly StateRow[]; readonly isNew?: boolean },
): Promise<number> {
  const { place, position, head } = call;
  const [entry] = await log.commit({
    states: [...head.unlogged, ...(also.states ?? [])],
    records: also.isNew === true ? [record] : [],
    supersede: also.supersede,
    entries: [{ ...place, position, record: record.fingerprint, parent: head.op.entry, createdAt: record.createdAt }],
  });
  return (entry as OpEntry).id;
}

function answered(how: Answer, call: Call, record: OpRecord, entry: number, origin: OpEntry | null): Answered {
  const op: ChainOp | null =
    record.stateAfter === null
      ? null
      : {
          place: call.place,
          position: call.position,
          record,
          components: componentsOf(record),
          parent: call.head.op,
          entry,
        };
  return { how, record, result: decodeVerified(record.result), op, entry, origin };
}

/** What a recorded state-changing op left set. */
export function componentsOf(record: OpRecord): ComponentSummary {
  return record.summary['components'] as unknown as ComponentSummary;
}
