import type { Batch, BatchContext, DataSource, FingerprintContext } from '../ports/data-source.js';
import type { Digest } from '../values/digest.js';
import type { Outline } from '../values/outline.js';
import { bytesOf } from '../values/tensor.js';
import type { Tensor } from '../values/tensor.js';
import { sameForm } from './check-batch.js';
import { DataError } from './data-error.js';
import { Dataset } from './dataset.js';
import { contentUnchanged, fingerprintOfData } from './fingerprint.js';
import { numbered } from './outline.js';
import { allReady, whenReady } from './ready.js';
import { emptyTensor } from './sample.js';
import type { TensorSample } from './sample.js';

/**
 * The samples of several data sets, one after the other. All must have the same names, types and shapes; whether they do shows with the
 * first batch that holds samples of two.
 */
export function concat<S extends TensorSample = TensorSample>(...sources: readonly Dataset<S>[]): Dataset<S> {
  if (sources.length === 0) throw new DataError('DATA_ERROR', 'concat() takes the data sets to join, and got none.');
  return new Dataset<S>(new ConcatSource(sources));
}

class ConcatSource implements DataSource {
  readonly length: number;
  readonly #sources: readonly DataSource[];
  /** Where each source begins. */
  readonly #starts: readonly number[];

  constructor(sources: readonly DataSource[]) {
    let length = 0;
    this.#sources = sources;
    this.#starts = sources.map((source) => (length += source.length) - source.length);
    this.length = length;
  }

  fingerprint(context: FingerprintContext): Digest | Promise<Digest> {
    return whenReady(allReady(this.#sources.map((source) => source.fingerprint(context))), (digests) =>
      fingerprintOfData(context.hasher, 'concat', digests),
    );
  }

  get(indices: Uint32Array, { rng, signal }: BatchContext): Batch | Promise<Batch> {
    const parts = this.#sources.map((source, at) => {
      const start = this.#starts[at]!;
      const positions: number[] = [];
      indices.forEach((index, position) => {
        if (index >= start && index < start + source.length) positions.push(position);
      });
      return { source, positions, inner: Uint32Array.from(positions, (position) => indices[position]! - start) };
    });
    const needed = parts.filter(({ positions }) => positions.length > 0);
    const batches = needed.map(({ source, positions, inner }) =>
      source.get(inner, { rng: (position, depth) => rng(positions[position]!, depth), signal }),
    );
    return whenReady(allReady(batches), (got) =>
      got.length === 1
        ? got[0]!
        : merge(
            got.map((batch, part) => ({ batch, positions: needed[part]!.positions })),
            indices,
          ),
    );
  }

  unchanged(): boolean {
    return this.#sources.every(contentUnchanged);
  }

  outline(context: FingerprintContext): Outline | Promise<Outline> {
    return whenReady(allReady(this.#sources.map((source) => source.outline?.(context) ?? {})), numbered);
  }
}

/** Each part's samples, put at their positions. */
function merge(
  parts: readonly { readonly batch: Batch; readonly positions: readonly number[] }[],
  indices: Uint32Array,
): Batch {
  const form = parts[0]!.batch;
  const merged = new Map<string, Tensor>();
  for (const [name, { dtype, shape }] of form)
    merged.set(name, emptyTensor(dtype, [indices.length, ...shape.slice(1)]));
  for (const { batch, positions } of parts) {
    if (!sameForm(form, batch)) {
      const [one, other] = [form, batch].map(formOf);
      throw new DataError(
        'DATA_MISMATCH',
        `concat(): the data sets differ: one has ${one}, another ${other}. All need the same.`,
        { indices },
      );
    }
    for (const [name, { data }] of batch) {
      const from = bytesOf(data);
      const to = bytesOf(merged.get(name)!.data);
      const width = from.length / positions.length;
      positions.forEach((position, row) => to.set(from.subarray(row * width, (row + 1) * width), position * width));
    }
  }
  return merged;
}

function formOf(batch: Batch): string {
  return [...batch].map(([name, { dtype, shape }]) => `'${name}' ${dtype} [${shape.slice(1).join(', ')}]`).join(', ');
}
