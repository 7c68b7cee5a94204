import { nameOf } from '../model/ids.js';
import type { CheckpointRow, OpEntry, OpLog, Tag } from '../ports/op-log.js';
import type { StateDigest } from '../values/digest.js';
import { addressOf, checkpointAddress } from './address.js';
import { finalOp } from '../replay/final-op.js';
import { describeOps, type OpInfo } from './op-info.js';
import { readRecord } from './read-record.js';
import { refusal } from './refusal.js';
import type { Subject } from './subject.js';

/** A name for a state, and the ops that lead to it. */
export interface TagInfo {
  readonly model: string;
  readonly name: string;
  /** Null where the record is damaged. */
  readonly state: StateDigest | null;
  readonly createdAt: Date;
  /** The op that was named, where it is still there, and the others of the model that the same record answers; none where they were removed: the tag keeps the state all the same. */
  readonly ops: readonly OpInfo[];
}

/** The tags of a model, by name. */
export async function listTags(log: OpLog, model: string): Promise<readonly TagInfo[]> {
  return Promise.all((await log.tags(model)).map((tag) => tagInfo(log, tag)));
}

/**
 * Names the state that an op led to, or that a checkpoint is in. A superseded op's too: the name keeps it, and a script can begin from it.
 * @param options.move whether a name that stands for another state may be taken from it. Default false
 * @throws RepriseError where the op changes no state, the checkpoint has none, or the name is taken; OptionError for a name that is none
 */
export async function addTag(
  log: OpLog,
  subject: Exclude<Subject, { readonly kind: 'model' }>,
  name: string,
  now: () => number,
  options: { readonly move?: boolean } = {},
): Promise<TagInfo> {
  nameOf('tag', 'name', name);
  const entry = subject.kind === 'op' ? subject.entry : await finalOf(log, subject.checkpoint);
  const record = await readRecord(log, entry.record);
  if (record === null) throw refusal(`The record of ${addressOf(entry)} is damaged: there is no state to name.`);
  if (record.stateAfter === null) {
    throw refusal(
      `${addressOf(entry)} changes no state, so there is none to name. Name the train that it was called after.`,
    );
  }
  const { model } = entry;
  const taken = (await log.tags(model)).find((tag) => tag.name === name);
  if (taken !== undefined && taken.record !== entry.record && options.move !== true) {
    const [op] = (await tagInfo(log, taken)).ops;
    const where = op === undefined ? 'a state whose ops were removed' : `#${op.number} ${op.address}`;
    throw refusal(
      `The name '${name}' stands for ${where}. Say that it is to be moved (move; -m on the command line), or take another name.`,
    );
  }
  const tag = { model, name, record: entry.record, entry: entry.id, createdAt: now() };
  await log.putTag(tag);
  return tagInfo(log, tag);
}

/** Takes a name away. What only it kept goes with it. @throws RepriseError where there is no such name */
export async function removeTag(log: OpLog, model: string, name: string): Promise<void> {
  if (await log.deleteTag(model, name)) return;
  const names = (await log.tags(model)).map((tag) => `'${tag.name}'`);
  const has = names.length === 0 ? 'It has none.' : `It has ${names.join(', ')}.`;
  throw refusal(`Model '${model}' has no tag '${name}'. ${has}`);
}

async function tagInfo(log: OpLog, { model, name, record, entry: named, createdAt }: Tag): Promise<TagInfo> {
  const [found, entries] = await Promise.all([readRecord(log, record), log.entries({ model, record })]);
  return {
    model,
    name,
    state: found?.stateAfter ?? null,
    createdAt: new Date(createdAt),
    ops: await describeOps(
      log,
      entries.toSorted((a, b) => Number(b.id === named) - Number(a.id === named)),
    ),
  };
}

async function finalOf(log: OpLog, { model, id }: CheckpointRow): Promise<OpEntry> {
  const final = finalOp(await log.entries({ model, checkpoint: id, lane: 'block' }));
  if (final !== undefined) return final;
  throw refusal(`${checkpointAddress(model, id)} has no state of its own: its block has trained nothing.`);
}
