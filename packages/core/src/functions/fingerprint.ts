import { encode } from '../codec/index.js';
import { UnrecordableValueError } from '../codec/errors.js';
import type { Metric } from '../metrics/metric.js';
import type { Hasher } from '../ports/hasher.js';
import type { Digest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import { canonicalise, type CanonicalFunction } from './canonical.js';
import { FunctionError } from './function-error.js';
import { standardGlobals } from './globals.js';
import { parseFunction } from './parse.js';
import type { UserFunction } from './user-function.js';

/** Changed with every change of what is hashed below: old records are then never taken for new calls. */
const fingerprintVersion = 1;

/** The digest of a value in `deps` that is neither data nor a function, such as a data set; undefined where it has none. */
export type DependencyDigest = (value: object) => Digest | undefined | Promise<Digest | undefined>;

type Callable = (...args: never[]) => unknown;

/**
 * The digest of what a function does: of its parsed source, or its `key` in place of that, and of everything in its `deps`.
 * The same source gives the same digest however it is formatted, commented, compiled (TypeScript, esbuild, tsx, Node's own type
 * stripping; ES modules or CommonJS) or its local variables named. Functions in `deps` are read by the same rules, and may use
 * whatever else is in the same `deps`; what was set on a function or class counts as it is now. Functions are read as code of an ES
 * module: whether a CommonJS file is in strict mode can't be seen (a function's own "use strict" counts), nor what a function finds
 * in its own text (`toString`, stack traces). A source is parsed once a process; after that it costs one hash.
 * @param digestOf asked for what is in `deps` and is neither data nor a function.
 * @throws FunctionError `FREE_VARIABLE` where it uses anything from outside that is neither a standard global nor in `deps`;
 * `UNREADABLE_FUNCTION` for native and bound functions.
 * @throws UnrecordableValueError where something in `deps` has no content to be digested.
 */
export async function fingerprintFunction(
  fn: UserFunction,
  hasher: Hasher,
  digestOf: DependencyDigest = () => undefined,
): Promise<Digest> {
  return digestOfFunction(fn, { hasher, digestOf, names: [], defaults: [], within: [] });
}

async function digestOfFunction(fn: UserFunction, reader: Reading): Promise<Digest> {
  const deps = fn.deps ?? {};
  const names = Object.keys(deps).sort();
  const defaults = names.filter((name) => !isModule(deps[name]));
  const reading: Reading = { ...reader, names, defaults, within: [...reader.within, fn] };
  const behaviour: { readonly [name: string]: Plain } =
    fn.key === undefined
      ? { source: await source(fn.call, reading, false), ...(await propertiesOf(fn.call, 'fn', reading)) }
      : { key: fn.key };
  const { source: bytes } = behaviour;
  const alone = bytes instanceof Uint8Array && names.length === 0 && Object.keys(behaviour).length === 1;
  if (alone) return digestAlone(bytes, reading.hasher);
  const given: { [name: string]: Plain } = {};
  for (const name of names) given[name] = await dependency(deps[name], `deps.${name}`, reading);
  return reading.hasher.digest(encode({ version: fingerprintVersion, ...behaviour, deps: given }));
}

/** Digests of functions that are all in their source, by that source's bytes, which `source` makes once. */
const digests = new WeakMap<Uint8Array, WeakMap<Hasher, Digest>>();

function digestAlone(bytes: Uint8Array, hasher: Hasher): Digest {
  const known = digests.get(bytes) ?? new WeakMap<Hasher, Digest>();
  digests.set(bytes, known);
  const digest = known.get(hasher) ?? hasher.digest(encode({ version: fingerprintVersion, source: bytes, deps: {} }));
  known.set(hasher, digest);
  return digest;
}

interface Reading {
  /** The names of what is given. */
  readonly names: readonly string[];
  /** Those of them that can be a module's default export. */
  readonly defaults: readonly string[];
  readonly hasher: Hasher;
  readonly digestOf: DependencyDigest;
  /** The functions and objects that are being read, outermost first. */
  readonly within: readonly object[];
}

/** By source text, not by function: a call in a loop makes a new function each time. */
const sources = new Map<string, Uint8Array>();

/** The canonical source, encoded, once all that it uses is accounted for. */
async function source(fn: Callable, { names, defaults }: Reading, mayUseThis: boolean): Promise<Uint8Array> {
  const key = JSON.stringify([Function.prototype.toString.call(fn), mayUseThis, names, defaults]);
  const found = sources.get(key);
  if (found !== undefined) return found;
  const canonical = canonicalise(await parseFunction(fn), { names, defaults });
  refuseFree(fn, canonical, names, mayUseThis);
  const bytes = encode(canonical.tree);
  sources.set(key, bytes);
  return bytes;
}

function refuseFree(
  fn: Callable,
  { free, written, usesReceiver }: CanonicalFunction,
  names: readonly string[],
  mayUseThis: boolean,
): void {
  const unknown = [...free].filter(
    ([name, from]) => !names.includes(name) && (from === 'module' || !standardGlobals.has(name)),
  );
  const identifiers = [...unknown.map(([name]) => name), ...(usesReceiver && !mayUseThis ? ['this'] : [])];
  const name = fn.name === '' ? '(anonymous)' : fn.name;
  if (identifiers.length > 0) {
    const list = identifiers.map((each) => `'${each}'`).join(', ');
    const giveable = identifiers.filter(
      (each) => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(each) && each !== 'this' && each !== 'super',
    );
    const give =
      giveable.length === 0
        ? chance(identifiers)
          ? 'Random numbers come from the `rng` that map() hands over, times as arguments'
          : 'Take it as an argument'
        : `Give it with the function, { deps: { ${giveable.join(', ')} } }`;
    throw new FunctionError(
      'FREE_VARIABLE',
      name,
      `The function ${name} uses ${list} from outside of it, so a change there would go unseen. ` +
        `${give}, or give the function a key that you change when its behaviour changes: { key: 'my-function-v1' }.`,
      { identifiers },
    );
  }
  if (written.size === 0) return;
  const list = [...written].map((each) => `'${each}'`).join(', ');
  throw new FunctionError(
    'FREE_VARIABLE',
    name,
    `The function ${name} assigns to ${list}, outside of it, so what it does depends on what ran before. ` +
      `Keep such state inside, or give the function a key that you change when its behaviour changes: { key: 'my-function-v1' }.`,
    { identifiers: [...written] },
  );
}

function chance(identifiers: readonly string[]): boolean {
  return identifiers.every((each) => /[.(]/.test(each));
}

/** What stands for a dependency in the digest. */
async function dependency(value: unknown, path: string, reading: Reading): Promise<Plain> {
  const outer = reading.within.indexOf(value as object);
  if (outer !== -1 && (typeof value === 'function' || isUserFunction(value)))
    return ['recursive', reading.within.length - outer];
  if (typeof value === 'function') {
    const properties = await propertiesOf(value as Callable, path, reading);
    return ['function', await source(value as Callable, reading, true), ...Object.values(properties)];
  }
  if (isUserFunction(value)) return ['digest', await digestOfFunction(value, reading)];
  try {
    return ['data', encode(value as Plain, path)];
  } catch (error) {
    if (!(error instanceof UnrecordableValueError) || typeof value !== 'object' || value === null) throw error;
    const digest = await reading.digestOf(value);
    if (digest !== undefined) return ['digest', digest];
    if (isMetric(value)) return ['metric', await dependency(value.identity, path, reading)];
    const members = reading.within.includes(value) ? undefined : membersOf(value);
    if (members === undefined) throw error;
    return [Array.isArray(value) ? 'array' : 'object', await describe(members, value, path, reading)];
  }
}

/** Each member of an object or function, by its name. */
async function describe(members: Members, owner: object, path: string, reading: Reading): Promise<readonly Plain[]> {
  const inner = { ...reading, within: [...reading.within, owner] };
  const described: Plain[] = [];
  for (const [key, member] of members) {
    const name = typeof key === 'symbol' ? ['symbol', key.description ?? null] : key;
    described.push([name, await dependency(member, `${path}.${String(key)}`, inner)]);
  }
  return described;
}

/** What was set on a function or class, and on its prototype, and so is not in its source; static fields as they are now. */
async function propertiesOf(fn: Callable, path: string, reading: Reading): Promise<{ readonly properties?: Plain }> {
  const [own, shared] = [sorted(fn), sorted((fn as { prototype?: object }).prototype ?? {})];
  if (own.length + shared.length === 0) return {};
  return {
    properties: [await describe(own, fn, path, reading), await describe(shared, fn, `${path}.prototype`, reading)],
  };
}

type Members = readonly (readonly [string | symbol, unknown])[];

/** What is enumerable, by name; symbols too, so that what iterates or converts an object is not overlooked. */
function sorted(value: object): Members {
  const keys = Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
  const order = keys.sort((a, b) => (String(a) < String(b) ? -1 : 1));
  return order.map((key) => [key, (value as { readonly [key: string | symbol]: unknown })[key]]);
}

/** The members of an array, an object with functions among its values, or a module, in one order. */
function membersOf(value: object): Members | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!isModule(value) && !Array.isArray(value) && prototype !== Object.prototype && prototype !== null)
    return undefined;
  return sorted(value).filter(([key, member]) => !isModule(value) || !isInterop(key, member));
}

/** Whether a member of a module is none of its exports: only some transforms put it there. */
function isInterop(key: string | symbol, member: unknown): boolean {
  return key === '__esModule' || key === 'module.exports' || (key === 'default' && isModule(member));
}

/** Whether a value is a metric, which is told by its identity: its functions belong to whoever made it. */
function isMetric(value: object): value is Pick<Metric, 'identity'> {
  return (value as Partial<Metric>).identity?.role === 'metric';
}

/** Whether a value is all that a module exports (`import * as m`), by ES modules or by their CommonJS transforms. */
function isModule(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.prototype.toString.call(value) === '[object Module]' || '__esModule' in value;
}

/** Whether a value is a function given with `deps` or a `key`. */
export function isUserFunction(value: unknown): value is UserFunction {
  return (
    typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'function' && 'call' in value
  );
}
