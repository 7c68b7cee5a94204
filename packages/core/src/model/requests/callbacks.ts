import { callbacksPath } from '../observed.js';
import { type Callback, decides, isStateful, monitorsOfCallback } from '../../callbacks/callback.js';
import { initialState } from '../../callbacks/stateful.js';
import { encode } from '../../codec/index.js';
import { type Fields, recipeFields } from '../../replay/fields.js';
import type { Digest } from '../../values/digest.js';
import type { Plain } from '../../values/plain.js';
import type { Runtime } from '../runtime.js';

/** What identifies callbacks: those that decide, by field, and those that only observe, by digest. */
export interface CalledCallbacks {
  /** Nothing where none decides: calls that were recorded before there were callbacks keep their fingerprints. */
  readonly fields: Fields;
  readonly observers: ReadonlyMap<string, Digest>;
}

/** @throws FunctionError where a hook closes over what isn't given */
export async function calledCallbacks(runtime: Runtime, callbacks: readonly Callback[]): Promise<CalledCallbacks> {
  const deciding = callbacks.filter(decides);
  const fields: { [path: string]: Plain } = {};
  const observers = new Map<string, Digest>();
  for (const each of callbacks) {
    const own = await fieldsOf(runtime, each);
    if (decides(each)) Object.assign(fields, own);
    else if (each.presents !== true) {
      observers.set(`${callbacksPath}.${each.name}`, runtime.store.hasher.digest(encode(own)));
    }
  }
  if (deciding.length > 0) fields[callbacksPath] = deciding.map(({ name }) => name);
  return { fields, observers };
}

/** The scores that deciding callbacks look at; `all` where one doesn't say. */
export function monitorsOfCallbacks(callbacks: readonly Callback[]): readonly string[] | 'all' {
  const monitors: string[] = [];
  for (const each of callbacks) {
    const own = monitorsOfCallback(each);
    if (own === 'all') return 'all';
    monitors.push(...own);
  }
  return monitors;
}

async function fieldsOf({ functions, store }: Runtime, each: Callback): Promise<Fields> {
  const path = `${callbacksPath}.${each.name}`;
  const { key, identity, monitors } = each;
  const what =
    identity === undefined ? { [path]: key ?? 'registered' } : recipeFields(path, await functions.store(identity));
  // Those of the built-in ones follow from their arguments.
  const declared = identity === undefined || identity.kind === 'custom' ? monitors : undefined;
  const state =
    identity === undefined && isStateful(each)
      ? { [`${path}.state`]: store.hasher.digest(encode(initialState(each.name, each) as Plain)) }
      : {};
  return { ...what, ...(declared === undefined ? {} : { [`${path}.monitors`]: [...declared] }), ...state };
}
