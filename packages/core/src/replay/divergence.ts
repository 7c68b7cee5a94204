import { RepriseError } from '../errors/base.js';
import type { OpEntry, OpLog, OpRecord, Place } from '../ports/op-log.js';
import type { ChainOp, Head } from './chain.js';
import { changes, describeChange, type FieldChange, type Fields } from './fields.js';

/** What to do where the log has another call at this place. */
export type DivergencePolicy = 'error' | 'rerun' | 'accept';

export const divergencePolicies: readonly DivergencePolicy[] = ['error', 'rerun', 'accept'];

export interface DivergenceDetails {
  readonly model: string;
  readonly checkpoint: string;
  /** `train #2`: kind, and its number among the checkpoint's calls of that kind, from 1. */
  readonly op: string;
  /** The deciding arguments that differ. Empty where only the state before does. */
  readonly fields: readonly FieldChange[];
  /** Where upstream the state before began to differ, in words; null where it didn't. */
  readonly began: string | null;
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
    const { model, checkpoint, op, fields, began, cost, supersedes, settle } = details;
    const lines = [
      `${op} of checkpoint '${checkpoint}' of model '${model}' is not the call that was recorded there.`,
      ...fields.map((field) => `  changed: ${describeChange(field)} (recorded → called)`),
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

/** A call's name for people: `train #2`, `cached 'confusion' #1`. */
export function titleOf({ kind, name, occurrence }: Pick<Place, 'kind' | 'name' | 'occurrence'>): string {
  if (kind === 'open') return 'open';
  return `${kind}${name === '' ? '' : ` '${name}'`} #${occurrence + 1}`;
}

/** Compares a call with the record at its place, and finds where their pasts part. Reads the log only. */
export async function divergence(
  log: OpLog,
  recorded: {
    readonly entry: OpEntry;
    readonly record: OpRecord;
    readonly descendants: readonly OpEntry[];
    readonly acceptable: boolean;
  },
  called: { readonly place: Place; readonly fields: Fields; readonly head: Head },
): Promise<DivergenceError> {
  const records = await Promise.all(recorded.descendants.map(({ record }) => log.record(record)));
  const cost = records.reduce((sum, each) => sum + (each?.cost ?? 0), recorded.record.cost);
  return new DivergenceError({
    model: called.place.model,
    checkpoint: called.place.checkpoint,
    op: titleOf(called.place),
    fields: changes(recorded.record.fields, called.fields),
    began: await whereItBegan(log, recorded, called.head),
    cost,
    supersedes: 1 + recorded.descendants.length,
    settle: [
      "onDivergence: 'rerun' in the call's options (or the block's, or Model.open's): run it; what is recorded is kept aside and answers again if you change back",
      ...(recorded.acceptable
        ? ["onDivergence: 'accept': take the recorded result for this call, now and later"]
        : ["(the recorded result is another net's, so it can't be accepted)"]),
      'or undo the edit: nothing has been changed',
    ],
  });
}

/** The first pair of ops, from the root on, in which the recorded past and this run's differ. */
async function whereItBegan(
  log: OpLog,
  there: { readonly entry: OpEntry; readonly record: OpRecord },
  head: Head,
): Promise<string | null> {
  if (there.record.stateBefore === head.state) return null;
  const [recordedPast, calledPast] = await Promise.all([pastOf(log, there.entry.parent), pastOfHead(log, head)]);
  const from = recordedPast.findIndex(({ record }, i) => record.fingerprint !== calledPast[i]?.record.fingerprint);
  const at = from < 0 ? recordedPast.length : from;
  const [recorded, called] = [recordedPast[at], calledPast[at]];
  if (recorded === undefined && called === undefined) return 'a model.train() that is not recorded';
  if (recorded === undefined) return `${placeOf((called as PastOp).place)}, which is new here`;
  if (called === undefined) return `${placeOf(recorded.place)}, which is no longer called before it`;
  if (recorded.record.kind !== called.record.kind || recorded.place.checkpoint !== called.place.checkpoint) {
    return `${placeOf(called.place)}, where ${placeOf(recorded.place)} was recorded`;
  }
  const differ = changes(recorded.record.fields, called.record.fields);
  const observed = called.record.kind === 'open' ? changes(recorded.record.observed, called.record.observed) : [];
  const said = [...observed, ...differ].map(describeChange).join(', ');
  return `${placeOf(called.place)}${said === '' ? '' : `: ${said}`}`;
}

interface PastOp {
  readonly place: Place;
  readonly record: OpRecord;
}

/** The ops from the root to this entry, as the log has them. */
async function pastOf(log: OpLog, from: number | null): Promise<readonly PastOp[]> {
  const past: PastOp[] = [];
  for (let id = from; id !== null;) {
    const entry = await log.entry(id);
    const record = entry && (await log.record(entry.record));
    if (entry === undefined || record === undefined) break;
    past.unshift({ place: entry, record });
    id = entry.parent;
  }
  return past;
}

/** The ops from the root to this run's head: those of this process, and before them those of the log. */
async function pastOfHead(log: OpLog, head: Head): Promise<readonly PastOp[]> {
  const here: ChainOp[] = [];
  for (let op: ChainOp | null = head.op; op !== null; op = op.parent) here.unshift(op);
  const first = here[0];
  if (first === undefined || first.place.kind === 'open' || first.entry === null) return here;
  return [...(await pastOf(log, first.entry)), ...here.slice(1)];
}

function placeOf(place: Place): string {
  return place.kind === 'open' ? 'Model.open' : `${titleOf(place)} of checkpoint '${place.checkpoint}'`;
}

/** Milliseconds for people: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`. */
export function duration(ms: number): string {
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
