import { RepriseError } from '../errors/base.js';
import type { OpEntry, OpLog, OpRecord, Place } from '../ports/op-log.js';
import type { Reason } from './account.js';
import { describeChange, type FieldChange } from './fields.js';
import { duration, titleOf } from './place.js';

/** How the command line is called for the store in use: `npx reprise --store runs`. */
export type Command = string;

export interface DivergenceDetails {
  readonly model: string;
  readonly checkpoint: string;
  /** `train #2`: kind, and its number among the checkpoint's calls of that kind, from 1. */
  readonly op: string;
  /** The number of the recorded op, as the command line takes it. */
  readonly recorded: number;
  /** The deciding arguments that differ. Empty where only the state before does. */
  readonly fields: readonly FieldChange[];
  /** Where upstream the state before began to differ, in words; null where it didn't. */
  readonly began: string | null;
  /** Where only the number of epochs differs: why the recorded training can't just be gone on with. */
  readonly notExtended: string | null;
  /** Milliseconds that the op and everything that stands on it had taken. */
  readonly cost: number;
  /** How many recorded ops a rerun supersedes, this one included. */
  readonly supersedes: number;
  /** What to write to settle it. */
  readonly settle: readonly string[];
}

/**
 * The script calls something other than what is recorded at this place, and nothing in the store answers it.
 * Nothing was run and the log is as it was.
 */
export class DivergenceError extends RepriseError {
  declare readonly details: DivergenceDetails;

  constructor(details: DivergenceDetails) {
    const { model, checkpoint, op, fields, began, notExtended, cost, supersedes, settle } = details;
    const lines = [
      `${op} of checkpoint '${checkpoint}' of model '${model}' is not the call that was recorded there.`,
      ...fields.map((field) => `  changed: ${describeChange(field)} (recorded → called)`),
      ...(notExtended === null ? [] : [`  not gone on with unasked: ${notExtended}`]),
      ...(began === null ? [] : [`  it stands on another state: the change began at ${began}`]),
      `  recomputing costs about ${duration(cost)}, by the recorded times` +
        (supersedes > 1 ? `, of this op and ${supersedes - 1} that stand on it` : ''),
      'To settle it:',
      ...settle.map((way) => `  ${way}`),
    ];
    super('DIVERGENCE', lines.join('\n'));
    // Not printed with the error: the message says it all.
    Object.defineProperty(this, 'details', { value: details });
  }
}

/** The error for a call that differs from what is recorded. Reads the log only. */
export async function divergence(
  log: OpLog,
  recorded: { readonly entry: OpEntry; readonly record: OpRecord; readonly acceptable: boolean },
  called: { readonly place: Place; readonly command: Command; readonly forks: boolean; readonly reason: Reason },
): Promise<DivergenceError> {
  const { id } = recorded.entry;
  const descendants = await log.descendants(id);
  const records = await Promise.all(descendants.map(({ record }) => log.record(record)));
  const { command, place, reason } = called;
  return new DivergenceError({
    model: place.model,
    checkpoint: place.checkpoint,
    op: titleOf(place),
    recorded: id,
    fields: reason.fields,
    began: reason.began,
    notExtended: reason.notExtended,
    cost: records.reduce((sum, each) => sum + (each?.cost ?? 0), recorded.record.cost),
    supersedes: 1 + descendants.length,
    settle: [
      `rerun: run it; what is recorded is kept aside, and answers again if you change back. onDivergence: 'rerun' in the call's options ` +
        `(or the block's, or Model.open's), or once: ${command} rerun ${id}`,
      recorded.acceptable
        ? `accept: take the recorded result for this call, now and later. onDivergence: 'accept', or once: ${command} accept ${id}`
        : "(the recorded result is another net's, so it can't be accepted)",
      ...(called.forks
        ? ["fork: keep what is recorded and go on beside it, under another id. onDivergence: 'fork'"]
        : []),
      'for everything in one run: REPRISE_ON_DIVERGENCE=rerun (or accept, or fork) in its environment',
      'or undo the edit: nothing has been changed',
    ],
  });
}
