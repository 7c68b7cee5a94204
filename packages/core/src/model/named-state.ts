import { RepriseError } from '../errors/base.js';
import { isPlainObject, refuse } from '../options/index.js';
import type { OpEntry, OpRecord } from '../ports/op-log.js';
import type { Head } from '../replay/chain.js';
import { placeSaid } from '../replay/place.js';
import type { Heads } from './heads.js';
import { type CheckpointId, checkpointId, nameOf } from './ids.js';
import type { Runtime } from './runtime.js';

/** A state that is no checkpoint's final one. */
export type StateName =
  | { readonly tag: string }
  /** The number of an op, as the command line shows it: also of one that another has taken the place of. */
  | { readonly op: number }
  /** Where the last epoch of a checkpoint's last train ended, whatever `loadBest` went back to; or its best epoch's. */
  | { readonly checkpoint: CheckpointId; readonly at: 'last' | 'best' }
  /** What `modelCheckpoint()` has saved of a checkpoint's last train, by its name. */
  | { readonly checkpoint: CheckpointId; readonly saved: string }
  /** The path of a file that `model.save` has written. */
  | { readonly file: string };

/** The name of a state in the store. */
export type StoredStateName = Exclude<StateName, { readonly file: string }>;

/** @throws OptionError `INVALID_OPTION` */
export function stateName(where: string, option: string, value: unknown): string | StateName {
  if (!isPlainObject(value)) return checkpointId(where, value);
  const { tag, op, checkpoint, at, saved, file } = value;
  const has = (...names: readonly string[]): boolean =>
    Object.keys(value).length === names.length && names.every((name) => name in value);
  if (has('tag')) return { tag: nameOf(where, `${option}.tag`, tag) };
  if (has('op') && typeof op === 'number' && Number.isSafeInteger(op) && op > 0) return { op };
  if (has('checkpoint', 'at') && (at === 'last' || at === 'best'))
    return { checkpoint: checkpointId(where, checkpoint), at };
  if (has('checkpoint', 'saved') && typeof saved === 'string' && saved !== '') {
    return { checkpoint: checkpointId(where, checkpoint), saved };
  }
  if (has('file') && typeof file === 'string' && file !== '') return { file };
  const forms =
    "{ tag: 'name' }, { op: 12 }, { checkpoint: 1, at: 'last' }, { checkpoint: 1, saved: 'name' } or { file: 'path' }";
  return refuse(where, option, `the id of a checkpoint, or a state as one of ${forms}`, value);
}

/**
 * Where a named state is.
 * @throws RepriseError `NO_CHECKPOINT` where nothing has the name, or what has it changed no state; `NET_CHANGED`
 */
export async function namedState(
  runtime: Runtime,
  heads: Heads,
  name: Extract<StateName, { readonly tag: string } | { readonly op: number }>,
): Promise<Head> {
  const found = await ('tag' in name ? tagged(runtime, name.tag) : numbered(runtime, name.op));
  const said = 'tag' in name ? `The tag '${name.tag}'` : `Op ${name.op}`;
  if (found.record.stateAfter === null) {
    const what = found.entry === undefined ? found.record.kind : placeSaid(found.entry);
    throw noState(`${said} names ${what}, which changed no state. Name a train(), a setup() or a load.`);
  }
  return heads.atRecord(said, found.record, found.entry);
}

interface Found {
  readonly record: OpRecord;
  readonly entry: OpEntry | undefined;
}

async function tagged({ store: { log }, model }: Runtime, name: string): Promise<Found> {
  const tags = await log.tags(model);
  const tag = tags.find((each) => each.name === name);
  const record = tag && (await log.record(tag.record));
  if (record === undefined) {
    const known = tags.map((each) => `'${each.name}'`).join(', ');
    throw noState(
      `Model '${model}' has no tag '${name}'. It has ${known === '' ? 'none yet: model.tag(name, id) makes one' : known}.`,
    );
  }
  const entries = await log.entries({ model, record: record.fingerprint });
  return { record, entry: entries.find(({ status }) => status === 'live') ?? entries.at(-1) };
}

async function numbered({ store: { log }, model }: Runtime, op: number): Promise<Found> {
  const entry = await log.entry(op);
  const record = entry && (await log.record(entry.record));
  if (record === undefined || entry?.model !== model) {
    throw noState(`Model '${model}' has no op ${op}. The command line lists them: reprise log '${model}'.`);
  }
  return { record, entry };
}

function noState(message: string): RepriseError {
  return new RepriseError('NO_CHECKPOINT', message);
}
