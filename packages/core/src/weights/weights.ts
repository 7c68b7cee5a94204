import { refuse } from '../options/validators.js';
import { isPlainObject } from '../options/check-options.js';
import type { NetDescription } from '../ports/engine.js';
import { byteSize, dtypeOf, sizeOf, type Tensor, type TensorData, type Tensors } from '../values/tensor.js';

/** A net's parameters and buffers by name. Each array is the caller's own: nothing writes to it, and nothing sees what is written to it later. */
export type NetStateDict = { readonly [name: string]: Tensor };

/**
 * Weights by name, as `stateDict()` gives them or as they come from elsewhere, in an object or a Map. A typed array alone has the shape that the net
 * has under its name.
 */
export type Weights =
  | { readonly [name: string]: Tensor | TensorData }
  | ReadonlyMap<string, Tensor>
  | ReadonlyMap<string, TensorData>;

/** What a source has under a name; the shape is null where it takes that of the net. */
export interface Given {
  readonly dtype: Tensor['dtype'];
  readonly shape: readonly number[] | null;
  readonly data: TensorData;
}

/**
 * Weights as they are given, checked, not copied.
 * @throws OptionError `INVALID_OPTION`
 */
export function givenWeights(where: string, option: string, weights: unknown): ReadonlyMap<string, Given> {
  const entries = entriesOf(weights);
  if (entries === null) refuse(where, option, "tensors by the parameters' names, or the path of a file", weights);
  return new Map(
    entries.map(([name, value]) => {
      const given = givenOf(value);
      if (given === null) {
        const expected = 'a typed array, or { dtype, shape, data } with as many numbers as its shape says';
        refuse(where, `${option}['${name}']`, expected, value);
      }
      return [name, given];
    }),
  );
}

/** A net's tensors in an object, copied. */
export function netStateDict({ parameters }: NetDescription, tensors: Tensors): NetStateDict {
  const entries = parameters.map(({ name }) => {
    const { dtype, shape, data } = tensors.get(name) as Tensor;
    return [name, Object.freeze({ dtype, shape: Object.freeze([...shape]), data: data.slice() })] as const;
  });
  return Object.freeze(Object.fromEntries(entries));
}

function entriesOf(weights: unknown): readonly (readonly [string, unknown])[] | null {
  if (weights instanceof Map) {
    const entries = [...(weights as ReadonlyMap<unknown, unknown>)];
    return entries.every((entry): entry is [string, unknown] => typeof entry[0] === 'string') ? entries : null;
  }
  return isPlainObject(weights) ? Object.entries(weights) : null;
}

function givenOf(value: unknown): Given | null {
  if (isTypedArray(value)) return { dtype: dtypeOf(value), shape: null, data: value };
  if (typeof value !== 'object' || value === null) return null;
  const { dtype, shape, data } = value as { readonly [K in keyof Tensor]?: unknown };
  if (!isTypedArray(data) || !Array.isArray(shape) || !shape.every(isCount)) return null;
  const own = dtypeOf(data);
  const type = dtype === undefined ? own : dtype === 'bool' && own === 'uint8' ? 'bool' : dtype === own ? own : null;
  const sizes = shape as readonly number[];
  if (type === null || data.length !== sizeOf(sizes) || data.byteLength !== byteSize(type, sizes)) return null;
  return { dtype: type, shape: [...sizes], data };
}

function isTypedArray(value: unknown): value is TensorData {
  return (
    ArrayBuffer.isView(value) &&
    !(value instanceof DataView) &&
    !(value instanceof Uint8ClampedArray) &&
    'BYTES_PER_ELEMENT' in value
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
