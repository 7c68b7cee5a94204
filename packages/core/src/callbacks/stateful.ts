import { decodeVerified, encode } from '../codec/index.js';
import { isPlainObject } from '../options/check-options.js';
import { refuse } from '../options/validators.js';
import type { Plain } from '../values/plain.js';
import { byteSize, dtypeOf, isDType, type Tensor } from '../values/tensor.js';

/** State by name: plain data, and tensors, which are stored as a net's are. */
export type StateDict = { readonly [name: string]: Plain | Tensor };

/** Something whose state is saved and restored with the net's. */
export interface Stateful {
  stateDict(): StateDict;
  loadStateDict(state: StateDict): void;
}

/** Where the states of a train's callbacks are kept, while it lasts. */
export const callbackPrefix = 'callbacks/';

/** Where averages are kept that stand for the net's parameters when a train ends: no callback has such a name. */
export const averagesKey = 'callbacks/averages/';

/** Without those of callbacks: what a state has once a train has ended. */
export function withoutCallbacks<T>(states: { readonly [name: string]: T } = {}): { readonly [name: string]: T } {
  return Object.fromEntries(Object.entries(states).filter(([name]) => !name.startsWith(callbackPrefix)));
}

/** The states of several, by the names that they are kept under. */
export type StateDicts = { readonly [name: string]: StateDict };

/** Whose `stateDict` hands out arrays that are never written to again: they need no copy. */
const handingOver = new WeakSet<object>();

/** Marks one whose state needs no copy. */
export function handsOver<T extends Stateful>(stateful: T): T {
  handingOver.add(stateful);
  return stateful;
}

/** Whether one is of this library's own, which writes neither to its state nor to what it is shown. */
export function onlyReads(value: object): boolean {
  return handingOver.has(value);
}

/** A state as it is now, which never changes. @throws OptionError; RepriseError `UNRECORDABLE_VALUE` */
export function captured(name: string, stateful: Stateful): StateDict {
  const state: unknown = stateful.stateDict();
  if (!isPlainObject(state))
    refuse(`'${name}'`, 'stateDict()', 'a function that returns an object of values by name', state);
  for (const [key, value] of Object.entries(state)) checkTensor(name, key, value as Plain);
  return handingOver.has(stateful) ? (state as StateDict) : copyOfState(name, state as StateDict);
}

/** What looks like a tensor has to be one: it is stored as that. */
function checkTensor(name: string, key: string, value: Plain): void {
  if (!isTensor(value)) return;
  const { dtype, shape, data } = value;
  const sized = shape.every((size) => Number.isSafeInteger(size) && size >= 0) && isDType(dtype);
  if (sized && data.byteLength === byteSize(dtype, shape) && (dtypeOf(data) === dtype || dtype === 'bool')) return;
  refuse(
    `'${name}' stateDict()`,
    `'${key}'`,
    'a tensor whose data are of its dtype and as many as its shape says, or data without dtype, shape and data together',
    `${dtype} [${shape.join(', ')}] over ${data.byteLength} bytes`,
  );
}

/** Hands a stateful a state that it may keep and write to: a copy, unless it marks that it never writes. */
export function loadInto(name: string, stateful: Stateful, state: StateDict): void {
  stateful.loadStateDict(handingOver.has(stateful) ? state : copyOfState(name, state));
}

/** A copy: plain data with nothing in common with what it was made of. */
export function copyOfState(name: string, state: StateDict): StateDict {
  return decodeVerified(encode(state as Plain, `the state of '${name}'`)) as StateDict;
}

/** States as they were when they were first given: where each train begins that doesn't go on with them. */
const initial = new WeakMap<object, StateDict>();

/** The state that a stateful had when this process first met it. */
export function initialState(name: string, stateful: Stateful): StateDict {
  const known = initial.get(stateful);
  if (known !== undefined) return known;
  const state = copyOfState(name, captured(name, stateful));
  initial.set(stateful, state);
  return state;
}

/** Makes one that passes everything on to another stand for that one. */
export function actsFor<T extends Stateful>(name: string, stands: T, of: Stateful): T {
  if (handingOver.has(of)) handingOver.add(stands);
  initial.set(stands, initialState(name, of));
  return stands;
}

/** Whether a value of a state is kept as a tensor. */
export function isTensor(value: Plain | Tensor): value is Tensor {
  if (!isPlainObject(value)) return false;
  const { dtype, shape, data } = value as Partial<Tensor>;
  return typeof dtype === 'string' && Array.isArray(shape) && ArrayBuffer.isView(data);
}
