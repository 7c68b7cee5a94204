import { describe } from '../options/index.js';
import { byteSize, bytesOf, dtypeOf, sizeOf, tensorFromBytes } from '../values/tensor.js';
import type { DType, Tensor, TensorData } from '../values/tensor.js';
import type { Batch } from '../ports/data-source.js';
import { DataError } from './data-error.js';

/**
 * What one sample can hold under a name. A typed array alone is a vector; a number is a whole one, such as a class, and becomes an
 * int32 scalar. Real numbers say how they are to be kept: `Float32Array.of(x)`. The element type is that of the array, whatever a
 * `dtype` beside it says; only `bool` stays what it was.
 */
export type SampleValue = number | TensorData | { readonly data: TensorData; readonly shape: readonly number[] };

/** One sample: values by name. Every sample of a data set has the same names, types and shapes. */
export interface Sample {
  readonly [name: string]: SampleValue;
}

/** A tensor of one sample, without the dimension of the batch. */
export interface SampleTensor<Data extends TensorData = TensorData> {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Data;
}

/** A sample as a data set gives it. */
export interface TensorSample {
  readonly [name: string]: SampleTensor;
}

/** The tensors that a sample's values become. */
export type TensorsOf<S> = { readonly [Name in keyof S]: SampleTensor<DataOf<S[Name]>> };

type DataOf<Value> = Value extends number
  ? Int32Array
  : Value extends TensorData
    ? Value
    : Value extends { readonly data: infer Data extends TensorData }
      ? Data
      : TensorData;

const arrayTypes = [
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
] as const;

/** Whether a value is a typed array that a tensor can be made of. */
export function isTensorData(value: unknown): value is TensorData {
  return arrayTypes.some((type) => value instanceof type);
}

/** Whether this array holds elements of this type; that of `bool` is a `Uint8Array`. */
export function isOfType(data: TensorData, dtype: DType): boolean {
  return dtypeOf(data) === (dtype === 'bool' ? 'uint8' : dtype);
}

/** A tensor of zeros. */
export function emptyTensor(dtype: DType, shape: readonly number[]): Tensor {
  return tensorFromBytes(dtype, shape, new Uint8Array(byteSize(dtype, shape)));
}

/** The tensor of one value of a sample. @throws DataError `DATA_MISMATCH` */
function sampleTensor(name: string, value: SampleValue, index: number): SampleTensor {
  if (typeof value === 'number') {
    if (value === (value | 0)) return { dtype: 'int32', shape: [], data: Int32Array.of(value) };
    throw mismatch(
      `'${name}' of sample ${index} is the number ${value}: a plain number stands for a whole one that fits int32, such as a class. ` +
        `Give a real number as Float32Array.of(x), or as { data: Float32Array.of(x), shape: [] }.`,
      index,
    );
  }
  if (isTensorData(value)) return { dtype: dtypeOf(value), shape: [value.length], data: value };
  const { data, shape } = (value ?? {}) as Partial<Tensor>;
  if (!isTensorData(data) || !Array.isArray(shape)) {
    const found = describe(value);
    throw mismatch(
      `'${name}' of sample ${index} must be a number, a typed array or { data, shape }, and is ${found}.`,
      index,
    );
  }
  if (data.length !== sizeOf(shape)) {
    throw mismatch(
      `'${name}' of sample ${index} has ${data.length} elements: its shape [${shape.join(', ')}] holds ${sizeOf(shape)}.`,
      index,
    );
  }
  // The array decides: what was spread into the value, as in { ...input, data }, may hold the type of another one.
  const { dtype } = value as Partial<Tensor>;
  return { dtype: dtype === 'bool' && isOfType(data, dtype) ? dtype : dtypeOf(data), shape, data };
}

/**
 * One batch of samples, in their order. Each is copied.
 * @param indices what the samples are called in errors.
 * @throws DataError `DATA_MISMATCH` where a sample has other names, types or shapes than the first.
 */
export function stackSamples(samples: readonly Sample[], indices: ArrayLike<number>): Batch {
  const [first] = samples;
  if (first === undefined) return new Map();
  const start = indices[0] ?? 0;
  checkNames(first, undefined, start, start);
  const columns = Object.keys(first).map((name) => {
    const { dtype, shape, data } = sampleTensor(name, first[name]!, start);
    return { name, dtype, shape, size: data.length, whole: emptyTensor(dtype, [samples.length, ...shape]) };
  });
  samples.forEach((sample, position) => {
    const index = indices[position] ?? position;
    checkNames(sample, first, index, start);
    for (const { name, dtype, shape, size, whole } of columns) {
      const found = sampleTensor(name, sample[name]!, index);
      if (found.dtype !== dtype || !sameShape(found.shape, shape)) {
        const message =
          `'${name}' of sample ${index} is ${found.dtype} [${found.shape.join(', ')}], and that of sample ${start} is ` +
          `${dtype} [${shape.join(', ')}]: all need the same type and shape.`;
        throw mismatch(message, index);
      }
      (whole.data as Float32Array).set(found.data as Float32Array, position * size);
    }
  });
  return new Map(columns.map(({ name, whole }) => [name, whole]));
}

function checkNames(sample: Sample, first: Sample | undefined, index: number, start: number): void {
  if (typeof sample !== 'object' || sample === null || Array.isArray(sample) || ArrayBuffer.isView(sample)) {
    throw mismatch(`Sample ${index} must be an object such as { input, target }, and is ${describe(sample)}.`, index);
  }
  if (first === undefined) return;
  let found = 0;
  for (const name in sample) found += name in first ? 1 : Infinity;
  if (found === Object.keys(first).length) return;
  const [has, needs] = [sample, first].map((one) => quoted(Object.keys(one)));
  throw mismatch(`Sample ${index} has ${has}, and sample ${start} has ${needs}: all need the same.`, index);
}

/** A sample of arrays of its own: whoever gave it may write to theirs again. @throws DataError `DATA_MISMATCH` */
export function copySample(sample: Sample, index: number): TensorSample {
  checkNames(sample, undefined, index, index);
  const tensors = Object.entries(sample).map(([name, value]) => [name, copyTensor(sampleTensor(name, value, index))]);
  return Object.fromEntries(tensors) as TensorSample;
}

/** A batch of arrays of its own. */
export function copyBatch(batch: Batch): Batch {
  return new Map([...batch].map(([name, tensor]) => [name, copyTensor(tensor)]));
}

function copyTensor({ dtype, shape, data }: Tensor): Tensor {
  return tensorFromBytes(dtype, [...shape], bytesOf(data).slice());
}

/** The samples of a batch one by one, copied: whoever gets one may write to it. */
export function samplesOf(batch: Batch): (position: number) => TensorSample {
  const columns = [...batch].map(([name, { dtype, shape, data }]) => {
    const size = sizeOf(shape.slice(1));
    return { name, dtype, shape: shape.slice(1), data: plainArray(data), size };
  });
  return (position) => {
    const sample: { [name: string]: SampleTensor } = {};
    for (const { name, dtype, shape, data, size } of columns) {
      sample[name] = { dtype, shape, data: data.slice(position * size, (position + 1) * size) };
    }
    return sample;
  };
}

/** The same memory in a plain typed array: a slice of a Buffer would be a view of it. */
export function plainArray(data: TensorData): TensorData {
  return tensorFromBytes(dtypeOf(data), [data.length], bytesOf(data)).data;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

export function quoted(names: Iterable<string>): string {
  return [...names].map((name) => `'${name}'`).join(', ') || 'no names';
}

function mismatch(message: string, index: number): DataError {
  return new DataError('DATA_MISMATCH', message, { indices: [index] });
}
