import { createHash } from 'node:crypto';
import { runInThisContext } from 'node:vm';
import { fingerprintFunction } from '../../src/functions/fingerprint.js';
import { FunctionError } from '../../src/functions/function-error.js';
import { userFunction, type FunctionOptions } from '../../src/functions/user-function.js';
import type { Hasher } from '../../src/ports/hasher.js';
import type { Digest } from '../../src/values/digest.js';

export const hasher: Hasher = {
  algorithm: 'sha256',
  digest: (bytes) => `sha256-${createHash('sha256').update(bytes).digest('hex')}` as Digest,
  stream: () => {
    throw new Error('not used');
  },
};

export type Fn = (...args: never[]) => unknown;

/** A function from its source, as if a file had it. */
export const written = (source: string): Fn => runInThisContext(`(${source}\n)`) as Fn;

export const digestOf = (fn: Fn | string, options: FunctionOptions = {}): Promise<Digest> =>
  fingerprintFunction(userFunction(typeof fn === 'string' ? written(fn) : fn, options), hasher);

export const refusal = async (fn: Fn | string, options: FunctionOptions = {}): Promise<FunctionError> => {
  const error: unknown = await digestOf(fn, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof FunctionError) return error;
  throw new Error(`not refused: ${String(error)}`);
};
