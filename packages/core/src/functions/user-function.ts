import { type Digest, shortDigest } from '../values/digest.js';
import type { Outline } from '../values/outline.js';
import type { Plain } from '../values/plain.js';

/**
 * A function that the user wrote and that decides a result. It is fingerprinted by its parsed source, so that formatting and
 * comments don't count; what it closes over is given in `deps`, or it is declared by a `key` of the user's own.
 */
export interface UserFunction<F extends (...args: never[]) => unknown = (...args: never[]) => unknown> {
  readonly type: 'function';
  readonly call: F;
  readonly deps?: { readonly [name: string]: unknown };
  readonly key?: string;
}

/** What may be said of a function where one is given. */
export interface FunctionOptions {
  /** What the function closes over, by the names it uses: data and functions. Fingerprinted with it. */
  readonly deps?: { readonly [name: string]: unknown };
  /** Names the function's behaviour in place of its source; change it when the behaviour changes. */
  readonly key?: string;
}

export function userFunction<F extends (...args: never[]) => unknown>(
  call: F,
  options: FunctionOptions = {},
): UserFunction<F> {
  return {
    type: 'function',
    call,
    ...(options.deps === undefined ? {} : { deps: options.deps }),
    ...(options.key === undefined ? {} : { key: options.key }),
  };
}

/** A function in an outline: its digest, or the key that names its behaviour in place of that, with a mark of what is in its `deps`. */
export function outlineOfFunction({ key, deps = {} }: UserFunction, digest: Digest): string {
  if (key === undefined) return digest;
  return Object.keys(deps).length === 0 ? key : `${key} with deps, ${shortDigest(digest)}`;
}

/** The small plain values among what a function closes over, below its name: a change of one is said as that. */
export function outlineOfDeps({ deps = {} }: UserFunction, name: string): Outline {
  const small = Object.entries(deps).filter(([, value]) => isSmall(value));
  return Object.fromEntries(small.map(([dep, value]) => [`${name}.${dep}`, value as Plain]));
}

function isSmall(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= 60;
  return value === null || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';
}
