import { nearest } from '../options/nearest.js';
import type { CheckpointRow, ModelRow, OpEntry, OpLog } from '../ports/op-log.js';
import { checkpointAddress, exactAddress } from './address.js';
import { addressError } from './refusal.js';
import { addressOfSubject, checkpointsOf, type Subject, type SubjectKind } from './subject.js';

export interface ResolveOptions<Kind extends SubjectKind> {
  /** What the address may name. */
  readonly kinds: readonly Kind[];
  /** The model that the address may leave out: `1/train#2` for `mnist/1/train#2`. Numbers of other models' ops are then unknown. */
  readonly within?: string;
}

type SubjectOf<Kind extends SubjectKind> = Extract<Subject, { readonly kind: Kind }>;

/** Something that an address may name, with all that it is called. */
interface Named {
  readonly subject: Subject;
  readonly names: readonly string[];
}

/**
 * Finds what an address names: an op by its number (`#12` or `12`) or its place (`mnist/1/train#2`: the live one there, else the only
 * superseded one), a checkpoint (`mnist/1`), a model (`mnist`). Ids may hold slashes and spaces: what is there is compared, nothing is split.
 * Costs a look at every op of the models that the address begins with; a number costs one look-up.
 * @throws RepriseError where it names nothing, saying what is nearest, or more than one thing, saying how to name each
 */
export async function resolveSubject<Kind extends SubjectKind>(
  log: OpLog,
  address: string,
  options: ResolveOptions<Kind>,
): Promise<SubjectOf<Kind>> {
  const { kinds, within } = options;
  const wanted = (subject: Subject): boolean => (kinds as readonly SubjectKind[]).includes(subject.kind);
  const number = /^#?(\d+)$/.exec(address)?.[1];
  const numbered = number === undefined ? undefined : await log.entry(Number(number));
  const models = await log.models();
  const likely = models.filter(({ id }) => id === within || begins(address, id));
  const named = (await Promise.all(likely.map((model) => everything(log, model, model.id === within)))).flat();
  const matches = oneOfAPlace(named.filter(({ names }) => names.includes(address)).map(({ subject }) => subject));
  const here = numbered !== undefined && (within === undefined || numbered.model === within);
  const found = [...(here ? [{ kind: 'op', entry: numbered } as const] : []), ...matches];
  const fitting = found.filter(wanted);
  const [only, another] = fitting;
  if (only !== undefined && another === undefined) return only as SubjectOf<Kind>;
  if (another !== undefined) throw ambiguous(address, fitting);
  const other = found[0];
  if (other !== undefined) throw otherKind(address, other, kinds, named);
  if (number !== undefined)
    throw addressError(`The store has no ${kindsSaid(kinds)} ${address}. It may have been removed.`);
  const known = likely.length > 0 ? named : (await Promise.all(models.map((model) => everything(log, model)))).flat();
  const shown = (subject: Subject): string => {
    const name = addressOfSubject(subject);
    return within !== undefined && name.startsWith(`${within}/`) ? name.slice(within.length + 1) : name;
  };
  const names = known.filter(({ subject }) => wanted(subject)).map(({ subject }) => shown(subject));
  throw unknown(address, kinds, names, likely.length > 0 ? names : models.map(({ id }) => id));
}

/** The op that an address names. @throws RepriseError as `resolveSubject` does */
export async function resolveOp(log: OpLog, address: string, within?: string): Promise<OpEntry> {
  const options = { kinds: ['op'] as const, ...(within === undefined ? {} : { within }) };
  return (await resolveSubject(log, address, options)).entry;
}

function begins(address: string, model: string): boolean {
  return address === model || address.startsWith(`${model}/`) || address.startsWith(exactAddress(model));
}

/** A model, its checkpoints and its ops, by all their names. */
async function everything(log: OpLog, model: ModelRow, within: boolean = false): Promise<readonly Named[]> {
  const [checkpoints, entries] = await Promise.all([checkpointsOf(log, model.id), log.entries({ model: model.id })]);
  const withoutModel = (name: string): readonly string[] => (within ? [name, name.slice(model.id.length + 1)] : [name]);
  const exactly = ({ id }: CheckpointRow): readonly string[] => [
    exactAddress(model.id, id),
    ...(within ? [exactAddress(id)] : []),
  ];
  return [
    { subject: { kind: 'model', model }, names: [model.id, exactAddress(model.id)] },
    ...checkpoints.map((checkpoint): Named => {
      const names = withoutModel(checkpointAddress(model.id, checkpoint.id));
      return { subject: { kind: 'checkpoint', checkpoint }, names: [...names, ...exactly(checkpoint)] };
    }),
    ...entries.map((entry): Named => {
      const subject = { kind: 'op', entry } as const;
      return { subject, names: withoutModel(addressOfSubject(subject)) };
    }),
  ];
}

/** Of the ops at a place the live one is meant, where there is one. */
function oneOfAPlace(found: readonly Subject[]): readonly Subject[] {
  const live = found.filter((subject) => subject.kind === 'op' && subject.entry.status === 'live');
  return live.length === 0 ? found : found.filter((subject) => subject.kind !== 'op' || live.includes(subject));
}

function ambiguous(address: string, found: readonly Subject[]): Error {
  const ways = found.map((subject) => `  ${exactName(subject)}  ${said(subject)}`);
  return addressError(`'${address}' names more than one thing. Write one of these:\n${ways.join('\n')}`);
}

function exactName(subject: Subject): string {
  if (subject.kind === 'op') return `'#${subject.entry.id}'`;
  if (subject.kind === 'model') return `'${exactAddress(subject.model.id)}'`;
  return `'${exactAddress(subject.checkpoint.model, subject.checkpoint.id)}'`;
}

function said(subject: Subject): string {
  if (subject.kind === 'model') return `the model '${subject.model.id}'`;
  if (subject.kind === 'op') return `the ${subject.entry.status} op ${addressOfSubject(subject)}`;
  return `checkpoint '${subject.checkpoint.id}' of model '${subject.checkpoint.model}'`;
}

function otherKind(address: string, found: Subject, kinds: readonly SubjectKind[], named: readonly Named[]): Error {
  const below = named
    .filter(({ subject }) => kinds.includes(subject.kind) && addressOfSubject(subject).startsWith(`${address}/`))
    .filter(({ subject }) => subject.kind !== 'op' || subject.entry.status === 'live')
    .map(({ subject }) => `'${addressOfSubject(subject)}'`);
  const has = below.length === 0 ? '' : ` It has ${some(below)}.`;
  return addressError(
    `'${address}' is ${said(found)}; what is needed here is ${kinds[0] === 'op' ? 'an' : 'a'} ${kindsSaid(kinds)}.${has}`,
  );
}

function unknown(
  address: string,
  kinds: readonly SubjectKind[],
  names: readonly string[],
  listed: readonly string[],
): Error {
  const close = nearest(address, names);
  const has = listed.length === 0 ? 'It has none.' : `It has ${some([...new Set(listed)].map((name) => `'${name}'`))}.`;
  const hint = close === undefined ? has : `Did you mean '${close}'?`;
  return addressError(`The store has no ${kindsSaid(kinds)} '${address}'. ${hint}`);
}

function some(names: readonly string[]): string {
  return names.length > 6 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}

/** `model, checkpoint or op` */
function kindsSaid(kinds: readonly SubjectKind[]): string {
  const all = kinds.join(', ');
  const last = all.lastIndexOf(', ');
  return last < 0 ? all : `${all.slice(0, last)} or ${all.slice(last + 2)}`;
}
