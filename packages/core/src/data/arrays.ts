import { checkOptions, describe, isPlainObject } from '../options/index.js';
import type { Batch, BatchContext, DataSource, FingerprintContext } from '../ports/data-source.js';
import type { Hasher } from '../ports/hasher.js';
import { type Digest, shortDigest } from '../values/digest.js';
import type { Outline } from '../values/outline.js';
import { bytesOf, dtypeOf, sizeOf } from '../values/tensor.js';
import type { Tensor, TensorData } from '../values/tensor.js';
import { DataError } from './data-error.js';
import { Dataset } from './dataset.js';
import { fingerprintOfData } from './fingerprint.js';
import { emptyTensor, isTensorData, plainArray } from './sample.js';
import type { TensorsOf } from './sample.js';

/** The samples of one name, end to end: of the given shape each, or one element each where an array is given alone. */
export type ArrayInput = TensorData | { readonly data: TensorData; readonly shape: readonly number[] };

/**
 * A data set of typed arrays in memory: `arrays({ input: { data, shape: [28, 28] }, target: labels })`. Nothing is copied: don't write
 * to the arrays while it is in use; once they are filled anew, make another data set of them. The fingerprint is their content, hashed
 * once for all that is made of this data set, at about 7 GB/s; a batch costs a copy of its samples, and nothing where they stand next to
 * each other (no shuffling).
 * @throws DataError `DATA_MISMATCH` where lengths and shapes don't agree.
 */
export function arrays<const Inputs extends { readonly [name: string]: ArrayInput }>(
  inputs: Inputs,
): Dataset<TensorsOf<Inputs>> {
  if (!isPlainObject(inputs) || Object.keys(inputs).length === 0) {
    throw mismatch(
      `arrays() takes typed arrays by name, such as { input: { data, shape: [28, 28] }, target }, and got ${describe(inputs)}.`,
    );
  }
  const columns = Object.entries(inputs as Readonly<Record<string, ArrayInput>>).map(([name, input]) =>
    columnOf(name, input),
  );
  const [{ name, length }, ...others] = columns as [Column, ...Column[]];
  for (const other of others) {
    if (other.length === length) continue;
    throw mismatch(
      `arrays(): '${name}' holds ${length} samples, and '${other.name}' ${other.length}: all need the same number.`,
    );
  }
  if (length === 0) throw mismatch(`arrays(): '${name}' is empty: at least one sample is needed.`);
  return new Dataset<TensorsOf<Inputs>>(new ArraySource(columns, length));
}

interface Column {
  readonly name: string;
  readonly data: TensorData;
  readonly shape: readonly number[];
  /** Elements of a sample. */
  readonly width: number;
  readonly length: number;
}

function columnOf(name: string, input: ArrayInput): Column {
  const given = isTensorData(input) ? { data: input, shape: [] } : input;
  if (isPlainObject(given)) checkOptions(`arrays(): '${name}'`, given, ['data', 'shape']);
  const { data } = given;
  if (!isTensorData(data)) {
    throw mismatch(
      `arrays(): '${name}' must be a typed array such as Float32Array.from(values), and is ${describe(data ?? input)}.`,
    );
  }
  const shape: unknown = given.shape;
  if (!isSampleShape(shape)) {
    throw mismatch(
      `arrays(): the shape of a sample of '${name}' must be a list of whole numbers from 1, and is ${JSON.stringify(shape)}.`,
    );
  }
  const width = sizeOf(shape);
  if (data.length % width !== 0) {
    throw mismatch(
      `arrays(): '${name}' has ${data.length} elements, which is no multiple of the ${width} that a sample of shape [${shape.join(', ')}] takes.`,
    );
  }
  return { name, data: plainArray(data), shape: [...shape], width, length: data.length / width };
}

function isSampleShape(shape: unknown): shape is readonly number[] {
  return Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size > 0);
}

interface Hashed {
  readonly hasher: Hasher;
  readonly digest: Digest;
  /** The digest of each column's elements. */
  readonly contents: ReadonlyMap<string, Digest>;
}

class ArraySource implements DataSource {
  readonly length: number;
  readonly #columns: readonly Column[];
  /** The batches whose memory is this source's own, not a view of the user's. */
  readonly #gathered = new WeakSet<Batch>();
  #hashed: Hashed | undefined;

  constructor(columns: readonly Column[], length: number) {
    this.#columns = columns;
    this.length = length;
  }

  fingerprint({ hasher }: FingerprintContext): Digest {
    this.#hashed = this.#hash(hasher);
    return this.#hashed.digest;
  }

  unchanged(): boolean {
    return this.#hashed === undefined || this.#hash(this.#hashed.hasher).digest === this.#hashed.digest;
  }

  outline({ hasher }: FingerprintContext): Outline {
    const { contents } = this.#hashed?.hasher === hasher ? this.#hashed : this.#hash(hasher);
    const columns = this.#columns.map(({ name, data, shape }) => {
      const form = `${dtypeOf(data)} [${[this.length, ...shape].join(', ')}]`;
      return [name, `${form} ${shortDigest(contents.get(name)!)}`] as const;
    });
    return Object.fromEntries(columns);
  }

  #hash(hasher: Hasher): Hashed {
    const byName = [...this.#columns].sort((a, b) => (a.name < b.name ? -1 : 1));
    const contents = new Map(byName.map(({ name, data }) => [name, hasher.digest(bytesOf(data))]));
    const parts = byName.map(({ name, data, shape }) => [name, dtypeOf(data), shape, contents.get(name)!]);
    return { hasher, contents, digest: fingerprintOfData(hasher, 'arrays', this.length, parts) };
  }

  get(indices: Uint32Array, { recycled }: BatchContext): Batch {
    for (const index of indices) {
      if (index < this.length) continue;
      throw new DataError('DATA_ERROR', `There is no sample ${index}: the data set has ${this.length}.`, {
        indices: [index],
      });
    }
    if (isRun(indices)) return this.#views(indices[0] ?? 0, indices.length);
    const reused = recycled !== undefined && this.#gathered.has(recycled) ? recycled : undefined;
    const batch = new Map<string, Tensor>();
    for (const { name, data, shape, width } of this.#columns) {
      const old = reused?.get(name);
      const tensor = old?.shape[0] === indices.length ? old : emptyTensor(dtypeOf(data), [indices.length, ...shape]);
      gather(data as Float32Array, indices, width, tensor.data as Float32Array);
      batch.set(name, tensor);
    }
    this.#gathered.add(batch);
    return batch;
  }

  #views(start: number, count: number): Batch {
    return new Map(
      this.#columns.map(({ name, data, shape, width }) => {
        const rows = data.subarray(start * width, (start + count) * width);
        return [name, { dtype: dtypeOf(data), shape: [count, ...shape], data: rows }];
      }),
    );
  }
}

function isRun(indices: Uint32Array): boolean {
  const start = indices[0] ?? 0;
  for (let i = 1; i < indices.length; i++) if (indices[i] !== start + i) return false;
  return true;
}

/** Any two arrays of the same type. */
function gather(source: Float32Array, indices: Uint32Array, width: number, target: Float32Array): void {
  if (width === 1) {
    for (let i = 0; i < indices.length; i++) target[i] = source[indices[i]!]!;
    return;
  }
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * width;
    target.set(source.subarray(from, from + width), i * width);
  }
}

function mismatch(message: string): DataError {
  return new DataError('DATA_MISMATCH', message);
}
