import type { SavedCheckpoint } from '../callbacks/callback.js';
import { decode } from '../codec/index.js';
import { RepriseError } from '../errors/base.js';
import type { OpEntry, OpLog, OpRecord, Snapshot, StateRow } from '../ports/op-log.js';
import type { ChainOp, Head } from '../replay/chain.js';
import { placeSaid } from '../replay/place.js';
import { putManifest, readManifest } from '../state/capture.js';
import { type Manifest, withoutCallbackStates } from '../state/manifest.js';
import type { TrainResult } from '../training/result.js';
import type { StateDigest } from '../values/digest.js';
import type { Heads } from './heads.js';
import type { Runtime } from './runtime.js';
import { componentsIn } from './state-file.js';

/** Which state of a train: where its last epoch ended, its best epoch's, or one that a `modelCheckpoint` has saved, by its name. */
export type Moment = { readonly at: 'last' | 'best' } | { readonly saved: string };

/** A train, and what in this process led to it, or the log's entry of it. */
interface Trained {
  readonly record: OpRecord;
  readonly from: { readonly op: ChainOp } | { readonly entry: OpEntry };
}

/**
 * A state of the last train of a checkpoint, whatever came after it. Reads the log, and a manifest where that state is not the one that the train ended at.
 * @param final the checkpoint's final state; asked where a train that is under way doesn't answer
 * @throws RepriseError `NO_CHECKPOINT`
 */
export async function stateOfCheckpoint(
  runtime: Runtime,
  heads: Heads,
  id: string,
  moment: Moment,
  final: () => Promise<Head>,
): Promise<Head> {
  const under = heads.recordedUnder(id);
  const unfinished = await unfinishedIn(runtime, under);
  if (unfinished !== null && 'at' in moment && moment.at === 'last') {
    return headOf(runtime, heads, unfinished, unfinished.state);
  }
  const known = unfinished === null ? await final() : await heads.final(id);
  const own = ({ checkpoint }: { readonly checkpoint: string }): boolean => checkpoint === id || checkpoint === under;
  const trained = known && (await lastTrain(runtime.store.log, known.op, own));
  if (trained !== undefined) return momentOf(runtime, heads, trained, moment);
  if (unfinished?.best && 'at' in moment) return headOf(runtime, heads, unfinished, unfinished.best);
  throw noState(
    unfinished === null
      ? `Checkpoint '${id}' has no train(), so it has no last or best epoch. Stand on it with from: '${id}'.`
      : `The train() of checkpoint '${id}' was stopped on the way, and which epoch is its best is known when it ends. Run its block to the end first, or stand on its last state.`,
  );
}

/**
 * A state of the train that the model comes from.
 * @throws RepriseError `NO_CHECKPOINT`
 */
export async function stateBehind(runtime: Runtime, heads: Heads, at: 'last' | 'best'): Promise<Head> {
  const trained = await lastTrain(runtime.store.log, heads.current.op, () => true);
  if (trained !== undefined) return momentOf(runtime, heads, trained, { at });
  throw noState(
    `resumeFrom: '${at}' is the ${at} state of the train() that the model comes from, and it comes from none: it is at the root. ` +
      `Run the block that trains first, or name it: resumeFrom: { checkpoint: 1, at: '${at}' }.`,
  );
}

async function lastTrain(
  log: OpLog,
  tip: ChainOp,
  wanted: (place: { readonly checkpoint: string }) => boolean,
): Promise<Trained | undefined> {
  let first = tip;
  for (let op: ChainOp | null = tip; op !== null; op = op.parent) {
    if (op.place.kind === 'train' && wanted(op.place)) return { record: op.record, from: { op } };
    first = op;
  }
  if (first.place.kind === 'open' || first.entry === null) return undefined;
  const entry = (await log.ancestors(first.entry)).findLast((each) => each.kind === 'train' && wanted(each));
  const record = entry && (await log.record(entry.record));
  return record && { record, from: { entry } };
}

async function momentOf(runtime: Runtime, heads: Heads, trained: Trained, moment: Moment): Promise<Head> {
  const { record, from } = trained;
  const said = placeSaid('op' in from ? from.op.place : from.entry);
  const base =
    'op' in from
      ? { op: from.op, state: record.stateAfter as StateDigest, unlogged: [] }
      : await heads.atRecord(said, record, from.entry);
  const state = await stateAt(runtime.store.log, record, moment, said);
  return state === record.stateAfter ? base : { ...base, ...(await withoutCallbacks(runtime, state)) };
}

async function stateAt(log: OpLog, record: OpRecord, moment: Moment, said: string): Promise<StateDigest> {
  const { best, loaded, epochs, saved = {} } = decode(record.result) as unknown as TrainResult;
  const after = record.stateAfter as StateDigest;
  const snapshots = record.series === null ? [] : await log.snapshots({ series: record.series });
  const at = (epoch: number, step: number): Snapshot | undefined =>
    snapshots.find((each) => each.epoch === epoch && each.step === step);
  if ('saved' in moment) {
    const isEnd = (each: SavedCheckpoint): boolean => loaded === 'last' && each.epochs === epochs && each.steps === 0;
    const names = Object.values(saved).flatMap(({ kept, last }) => (last === null ? kept : [...kept, last]));
    const [found, ...others] = names.filter(({ name }) => name === moment.saved);
    if (others.some(({ epochs: whole, steps }) => whole !== found?.epochs || steps !== found.steps)) {
      throw noState(
        `${said} has saved several checkpoints '${moment.saved}', by several callbacks. Give them other names, with filename, and train again; the files have folders of their own.`,
      );
    }
    const state = found && (at(found.epochs, found.steps)?.state ?? (isEnd(found) ? after : undefined));
    if (state !== undefined) return state;
    const has = names.length === 0 ? 'It saved none' : `It has ${names.map(({ name }) => `'${name}'`).join(', ')}`;
    throw noState(`${said} has saved no checkpoint '${moment.saved}'. ${has}: modelCheckpoint() says what is saved.`);
  }
  if (moment.at === 'last') {
    if (loaded === 'last') return after;
    const ended = snapshots.find((each) => !each.running && each.epochs === record.fields['epochs']);
    const last = at(epochs, 0) ?? ended;
    if (last !== undefined) return last.state;
    throw noState(`The last state of ${said} was not kept: its last epoch left a parameter that is no number.`);
  }
  if (best === null) {
    throw noState(
      `${said} has no best epoch: nothing was watched. Say what is best with watch: 'loss' or the name of a metric, on validation data.`,
    );
  }
  if (loaded === 'best' || best.epoch === epochs - 1) return after;
  if (best.epoch < 0) return record.stateBefore as StateDigest;
  const kept = at(best.epoch + 1, 0);
  if (kept !== undefined) return kept.state;
  throw noState(
    `The state of the best epoch of ${said}, epoch ${best.epoch + 1}, was not kept. Train with loadBest: true, or keep it with ` +
      "snapshots: { keep: { best: { count: 1, monitor: 'val_loss' } } }.",
  );
}

/** The newest snapshot of a train of a block that was stopped on the way, and that nothing has taken the place of. */
async function unfinishedIn({ store: { log }, model }: Runtime, checkpoint: string): Promise<Snapshot | null> {
  const running = await log.snapshots({ model, checkpoint, running: true });
  const there = await Promise.all(running.map(async (each) => (await log.at(each.place)) !== undefined));
  const left = running.filter(({ place, kept }, i) => place.lane === 'block' && !kept && there[i] === false);
  return left.toSorted((a, b) => a.createdAt - b.createdAt).at(-1) ?? null;
}

/** Where a train was that the log has no call of. What it stood on may not be in the log either: it stands on the root. */
async function headOf(runtime: Runtime, heads: Heads, { place }: Snapshot, state: StateDigest): Promise<Head> {
  const { op } = heads.root;
  const manifest = await readManifest(state, runtime.store.blobs);
  if (manifest.net.recipe !== op.components.net) {
    throw new RepriseError(
      'NET_CHANGED',
      `${placeSaid(place)} was stopped on the way, and was that of another net than Model.open built. Undo the change, or open the model under another id.`,
    );
  }
  const { net, root } = op.components;
  const components = { ...componentsIn(manifest), net, root };
  return { op: { ...op, components }, ...(await withoutCallbacks(runtime, state, manifest)) };
}

/** What the callbacks of a train keep belongs to that train: the state goes on without it. */
async function withoutCallbacks(
  { store: { blobs } }: Runtime,
  state: StateDigest,
  known?: Manifest,
): Promise<{ readonly state: StateDigest; readonly unlogged: readonly StateRow[] }> {
  const manifest = known ?? (await readManifest(state, blobs));
  const bare = withoutCallbackStates(manifest);
  if (Object.keys(bare.statefuls ?? {}).length === Object.keys(manifest.statefuls ?? {}).length) {
    return { state, unlogged: [] };
  }
  const row = await putManifest(bare, blobs);
  await blobs.pin(row.blobs);
  return { state: row.digest, unlogged: [row] };
}

function noState(message: string): RepriseError {
  return new RepriseError('NO_CHECKPOINT', message);
}
