import type { TensorData } from './tensor.js';

/**
 * Data that can be recorded and comes back deep-equal: what the codec encodes.
 * NaN, −0, infinities, bigint, Date, Map, Set and typed arrays included; functions, class instances and cycles are not.
 */
export type Plain =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | ArrayBuffer
  | TensorData
  | readonly Plain[]
  | ReadonlyMap<Plain, Plain>
  | ReadonlySet<Plain>
  | { readonly [key: string]: Plain };
