import { RepriseError } from '../errors/base.js';
import { isPlainObject, refuse } from '../options/index.js';
import type { OpEntry, OpRecord } from '../ports/op-log.js';
import type { Head } from '../replay/chain.js';
import { placeSaid } from '../replay/place.js';
import type { Heads } from './heads.js';
import { checkpointId, nameOf } from './ids.js';
import type { Runtime } from './runtime.js';

/** A state that is no checkpoint's last one, such as that of an op which another has taken the place of. */
export type StateName =
  | { readonly tag: string }
  /** The number of an op, as the command line shows it. */
  | { readonly op: number };

/** @throws OptionError `INVALID_OPTION` */
export function stateName(where: string, option: string, value: unknown): string | StateName {
  if (!isPlainObject(value)) return checkpointId(where, value);
  const names = Object.keys(value);
  if (names.length === 1 && 'tag' in value) return { tag: nameOf(where, `${option}.tag`, value['tag']) };
  const op = value['op'];
  if (names.length === 1 && typeof op === 'number' && Number.isSafeInteger(op) && op > 0) return { op };
  return refuse(where, option, "the id of a checkpoint, { tag: 'name' }, or { op: 12 }", value);
}

/**
 * Where a named state is.
 * @throws RepriseError `NO_CHECKPOINT` where nothing has the name, or what has it changed no state; `NET_CHANGED`
 */
export async function namedState(runtime: Runtime, heads: Heads, name: StateName): Promise<Head> {
  const found = await ('tag' in name ? tagged(runtime, name.tag) : numbered(runtime, name.op));
  const said = 'tag' in name ? `The tag '${name.tag}'` : `Op ${name.op}`;
  if (found.record.stateAfter === null) {
    const what = found.entry === undefined ? found.record.kind : placeSaid(found.entry);
    throw noState(`${said} names ${what}, which changed no state. Name a train() or a setup().`);
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
