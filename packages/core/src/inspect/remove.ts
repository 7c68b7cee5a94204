import { RepriseError } from '../errors/base.js';
import type { Leases } from '../ports/leases.js';
import type { OpEntry, OpLog } from '../ports/op-log.js';
import { holderSaid } from '../replay/holder.js';
import { addressOf, checkpointAddress } from './address.js';
import { costOf, describeOps, type OpInfo } from './op-info.js';
import { refusal } from './refusal.js';
import { addressOfSubject, type Subject } from './subject.js';

export interface RemoveOptions {
  /** Whether what stands on it goes as well. Default false. */
  readonly recursive?: boolean;
  /** Whether to only say what would go. Default false. */
  readonly dryRun?: boolean;
  /** Who writes where. Left out, what another process is writing goes as well. */
  readonly leases?: Leases;
}

/** What was removed, or would be. */
export interface Removal {
  readonly address: string;
  readonly kind: Subject['kind'];
  /** False for a dry run. */
  readonly removed: boolean;
  /** The ops that go. */
  readonly ops: readonly OpInfo[];
  /** The checkpoints that go, by their addresses. */
  readonly checkpoints: readonly string[];
  /** How many unfinished trains go. */
  readonly unfinished: number;
  /** The tags that go. */
  readonly tags: readonly string[];
  /** Ops that go, but whose records stay: an op elsewhere or a tag names them, so they answer again. */
  readonly shared: readonly OpInfo[];
  /** Ops that stay and stood on one that goes: they keep their states. */
  readonly left: readonly OpInfo[];
  /** Milliseconds that the records that go had taken. */
  readonly cost: number;
}

/** What goes. */
interface Plan {
  readonly entries: readonly OpEntry[];
  readonly checkpoints: readonly string[];
}

/**
 * Removes an op, a checkpoint or a model from the log, with the records that nothing else names. Checkpoints that stand on one that goes
 * stay whole. An op that live ops stand on goes only with them. The bytes of states stay in the store until they are collected.
 * @throws RepriseError where live ops stand on an op, and it was not said that they go as well; `CHECKPOINT_BUSY` where another process is writing there
 */
export async function removeSubject(log: OpLog, subject: Subject, options: RemoveOptions = {}): Promise<Removal> {
  const { recursive = false, dryRun = false, leases } = options;
  const model = modelOf(subject);
  const all = await log.entries({ model });
  const plan = planOf(subject, all, recursive);
  const removal = await described(log, subject, plan, all);
  if (!dryRun && leases !== undefined) await refuseBusy(leases, subject, plan);
  if (!dryRun) await carryOut(log, subject, plan);
  return { ...removal, removed: !dryRun };
}

/** What a script records after its checkpoint has gone would stand on nothing, and be seen nowhere. */
async function refuseBusy(leases: Leases, subject: Subject, { entries, checkpoints }: Plan): Promise<void> {
  const model = modelOf(subject);
  const going = new Set([...checkpoints, ...entries.map(({ checkpoint }) => checkpoint)]);
  // A checkpoint whose first call is being made is in no list yet.
  const holder = (await leases.heldOf(model)).find(
    ({ checkpoint }) => subject.kind === 'model' || going.has(checkpoint),
  );
  if (holder === undefined) return;
  throw new RepriseError(
    'CHECKPOINT_BUSY',
    `Nothing was removed: ${checkpointAddress(model, holder.checkpoint)} is being written by ${holderSaid(holder)}. Stop it, or wait for it, and remove it then.`,
  );
}

function modelOf(subject: Subject): string {
  if (subject.kind === 'model') return subject.model.id;
  return subject.kind === 'op' ? subject.entry.model : subject.checkpoint.model;
}

function planOf(subject: Subject, all: readonly OpEntry[], recursive: boolean): Plan {
  if (subject.kind === 'model') return { entries: all, checkpoints: [] };
  const named =
    subject.kind === 'op'
      ? [subject.entry]
      : all.filter(({ checkpoint, lane }) => lane !== 'root' && checkpoint === subject.checkpoint.id);
  const above = aboveOf(named, all);
  const live = above.filter(({ status }) => status === 'live');
  if (subject.kind === 'op' && live.length > 0 && !recursive) throw standing(subject.entry, live);
  const entries = recursive ? [...named, ...above] : named;
  const own = subject.kind === 'checkpoint' ? [subject.checkpoint.id] : [];
  const touched = new Set(entries.filter(({ lane }) => lane !== 'root').map(({ checkpoint }) => checkpoint));
  const going = new Set(entries.map(({ id }) => id));
  const emptied = [...touched].filter((id) => all.every((entry) => entry.checkpoint !== id || going.has(entry.id)));
  return { entries, checkpoints: [...new Set([...own, ...emptied])] };
}

/** All that stand on these, superseded ones included. */
function aboveOf(entries: readonly OpEntry[], all: readonly OpEntry[]): readonly OpEntry[] {
  const found = new Set(entries.map(({ id }) => id));
  const above: OpEntry[] = [];
  for (let added = true; added;) {
    const next = all.filter(({ id, parent }) => parent !== null && found.has(parent) && !found.has(id));
    added = next.length > 0;
    for (const entry of next) found.add(entry.id);
    above.push(...next);
  }
  return above;
}

function standing(entry: OpEntry, above: readonly OpEntry[]): Error {
  const names = above.slice(0, 5).map(({ id, ...place }) => `  #${id}  ${addressOf(place)}`);
  const more = above.length > 5 ? [`  and ${above.length - 5} more`] : [];
  return refusal(
    `#${entry.id} ${addressOf(entry)} was not removed: live ops stand on it, and would have to go as well:\n${[...names, ...more].join('\n')}\n` +
      'Say that they go too (recursive; -r on the command line), or remove them first.',
  );
}

async function described(
  log: OpLog,
  subject: Subject,
  { entries, checkpoints }: Plan,
  all: readonly OpEntry[],
): Promise<Omit<Removal, 'removed'>> {
  const model = modelOf(subject);
  const whole = subject.kind === 'model';
  const going = new Set(entries.map(({ id }) => id));
  const tags = whole ? (await log.tags(model)).map(({ name }) => name) : [];
  const ops = await describeOps(log, entries);
  const shared: OpInfo[] = [];
  for (const op of ops) {
    const tagged = !whole && op.tags.length > 0;
    const elsewhere = (await log.entries({ record: op.record })).some(({ id }) => !going.has(id));
    if (tagged || elsewhere) shared.push(op);
  }
  const ids = whole ? (await log.checkpoints(model)).map(({ id }) => id) : checkpoints;
  const unfinished = await log.snapshots({ model, running: true });
  return {
    address: addressOfSubject(subject),
    kind: subject.kind,
    ops,
    checkpoints: ids.map((id) => checkpointAddress(model, id)),
    unfinished: unfinished.filter(({ place }) => whole || ids.includes(place.checkpoint)).length,
    tags,
    shared,
    left: await describeOps(
      log,
      all.filter(({ id, parent }) => !going.has(id) && parent !== null && going.has(parent)),
    ),
    cost: costOf(ops.filter((op) => !shared.includes(op))),
  };
}

async function carryOut(log: OpLog, subject: Subject, { entries, checkpoints }: Plan): Promise<void> {
  if (subject.kind === 'model') {
    await log.deleteModel(subject.model.id);
    return;
  }
  const model = modelOf(subject);
  const inCheckpoints = ({ checkpoint, lane }: OpEntry): boolean => lane !== 'root' && checkpoints.includes(checkpoint);
  const apart = entries.filter((entry) => !inCheckpoints(entry)).map(({ id }) => id);
  if (apart.length > 0) await log.deleteEntries(apart);
  for (const id of checkpoints) await log.deleteCheckpoint(model, id);
}
