import type { Batch, BatchContext, DataSource, FingerprintContext } from '../ports/data-source.js';
import type { Hasher } from '../ports/hasher.js';
import { type Digest, shortDigest } from '../values/digest.js';
import type { Outline } from '../values/outline.js';
import { bytesOf } from '../values/tensor.js';
import { DataError } from './data-error.js';
import { contentUnchanged, fingerprintOfData } from './fingerprint.js';
import { withPart } from './outline.js';
import { whenReady } from './ready.js';

/** Some samples of a data set, in a given order; one may come more than once. */
export class SubsetSource implements DataSource {
  readonly length: number;
  readonly #source: DataSource;
  readonly #indices: Uint32Array;

  /** @throws DataError `DATA_ERROR` where an index is not one of the source's, or there is none. */
  constructor(source: DataSource, indices: Iterable<number>) {
    const given = [...indices];
    const wrong = given.find((index) => !(Number.isInteger(index) && index >= 0 && index < source.length));
    if (wrong !== undefined) {
      throw new DataError('DATA_ERROR', `subset(): there is no sample ${wrong}: the data set has ${source.length}.`, {
        indices: [wrong],
      });
    }
    if (given.length === 0)
      throw new DataError('DATA_ERROR', 'A part of a data set would be empty: at least one sample is needed.');
    this.#source = source;
    this.#indices = Uint32Array.from(given);
    this.length = given.length;
  }

  fingerprint(context: FingerprintContext): Digest | Promise<Digest> {
    return whenReady(this.#source.fingerprint(context), (source) =>
      fingerprintOfData(context.hasher, 'subset', source, this.#selection(context.hasher)),
    );
  }

  outline(context: FingerprintContext): Outline | Promise<Outline> {
    const which = `${this.length} of ${this.#source.length}, ${shortDigest(this.#selection(context.hasher))}`;
    return whenReady(this.#source.outline?.(context) ?? {}, (source) => withPart(source, 'subset', which).outline);
  }

  #selection(hasher: Hasher): Digest {
    return hasher.digest(bytesOf(this.#indices));
  }

  get(indices: Uint32Array, context: BatchContext): Batch | Promise<Batch> {
    return this.#source.get(
      indices.map((index) => this.#indices[index]!),
      context,
    );
  }

  unchanged(): boolean {
    return contentUnchanged(this.#source);
  }
}
