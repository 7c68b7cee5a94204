import { encode } from '../codec/index.js';
import type { Hasher } from '../ports/hasher.js';
import type { OpKind } from '../ports/op-log.js';
import type { StoredRecipe } from '../state/stored-recipe.js';
import { type Fingerprint, isDigest, shortDigest, type StateDigest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';

/** What decides an op, by path: `optimizer.lr`, `data.train`. */
export type Fields = { readonly [path: string]: Plain };

/** One field that two calls differ in; undefined where one of them lacks it. */
export interface FieldChange {
  readonly path: string;
  readonly recorded: Plain;
  readonly called: Plain;
  /** What differs in a thing that is compared by its digest: `data.train.map`. */
  readonly within?: readonly FieldChange[];
}

/** Changed with every change of what is hashed below: old records are then never taken for new calls. */
const fingerprintVersion = 1;

/** The fingerprint of a call: what is called, with what, on which state. */
export function fingerprintOf(
  hasher: Hasher,
  call: { readonly kind: OpKind; readonly name: string; readonly fields: Fields; readonly before: StateDigest | null },
): Fingerprint {
  const { kind, name, fields, before } = call;
  return hasher.digest(encode({ version: fingerprintVersion, kind, name, fields, before })) as Fingerprint;
}

/** The fingerprint of a train whatever number of epochs it asks for. */
export function seriesOf(hasher: Hasher, fields: Fields, before: StateDigest | null): Fingerprint {
  const { epochs: _, ...others } = fields;
  return fingerprintOf(hasher, { kind: 'train', name: 'series', fields: others, before });
}

/** A recipe as fields, so that a change of one argument is said as that. */
export function recipeFields(path: string, recipe: StoredRecipe | null): Fields {
  if (recipe === null) return { [path]: null };
  const entries = [...Object.entries(recipe.args), ...Object.entries(recipe.functions)];
  return { [path]: recipe.kind, ...Object.fromEntries(entries.map(([name, value]) => [`${path}.${name}`, value])) };
}

/** The fields that two calls differ in, by path. */
export function changes(recorded: Fields, called: Fields): readonly FieldChange[] {
  const paths = [...new Set([...Object.keys(recorded), ...Object.keys(called)])].sort();
  return paths
    .filter((path) => !same(recorded[path], called[path]))
    .map((path) => ({ path, recorded: recorded[path], called: called[path] }));
}

function same(a: Plain, b: Plain): boolean {
  return Object.is(a, b) || Buffer.compare(encode(a), encode(b)) === 0;
}

/** A change in words: `optimizer.lr 0.0005 → 0.001`. */
export function describeChange({ path, recorded, called, within = [] }: FieldChange): string {
  const [first, second, third, ...more] = within;
  if (first !== undefined) {
    const said = [first, second, third].flatMap((each) => (each === undefined ? [] : [describeChange(each)]));
    return `${said.join(', ')}${more.length > 0 ? `, and ${more.length} more in ${path}` : ''}`;
  }
  return `${path} ${valueSaid(recorded)} → ${valueSaid(called)}`;
}

/** Whether a path is this one or lies below it: `data.train.map` in `data.train`. */
export function isWithin(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}.`);
}

/** A field's value in a line: digests cut short, and what is large by its size. */
export function valueSaid(value: Plain): string {
  if (value === undefined) return '(none)';
  if (typeof value === 'string') return isDigest(value) ? shortDigest(value) : value;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid date' : value.toISOString();
  if (value instanceof Map || value instanceof Set) return `${value.constructor.name} of ${value.size}`;
  if (value instanceof ArrayBuffer) return `${value.byteLength} bytes`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.length}`;
  if (Array.isArray(value)) return cut(`[${value.map((each) => valueSaid(each as Plain)).join(', ')}]`);
  const fields = Object.entries(value).map(([name, each]) => `${name}: ${valueSaid(each as Plain)}`);
  return cut(`{ ${fields.join(', ')} }`);
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
