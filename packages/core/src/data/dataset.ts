import { userFunction } from '../functions/user-function.js';
import type { FunctionOptions } from '../functions/user-function.js';
import {
  checkOptions,
  finiteNumber,
  func,
  isPlainObject,
  nonNegativeInteger,
  positiveInteger,
  refuse,
  string,
} from '../options/index.js';
import type { Batch, BatchContext, DataSource, FingerprintContext } from '../ports/data-source.js';
import type { Hasher } from '../ports/hasher.js';
import { shuffled } from '../rng/permutation.js';
import { checkSeed, stream } from '../rng/stream.js';
import type { Digest } from '../values/digest.js';
import type { Outline } from '../values/outline.js';
import { checkBatch } from './check-batch.js';
import { listed } from './data-error.js';
import { contentUnchanged, fingerprintOfData } from './fingerprint.js';
import { MapSource } from './map.js';
import type { MapFunction, SampleContext } from './map.js';
import { isPromise, whenReady } from './ready.js';
import type { Ready } from './ready.js';
import type { Sample, TensorSample, TensorsOf } from './sample.js';
import { SubsetSource } from './subset.js';

/** Which samples: by their indices, in that order, or those from `start` (0) up to, but without, `end` (the length). */
export type Selection = Iterable<number> | { readonly start?: number; readonly end?: number };

/** A source whose content can't be hashed: the user names it, and changes the key when the content changes. */
export interface KeyedSource {
  readonly key: string;
  readonly length: number;
  get(indices: Uint32Array, context: BatchContext): Batch | Promise<Batch>;
}

/** Samples to train on or to evaluate with, and the ways to make others of them. `S` is what a sample holds. */
export class Dataset<S extends TensorSample = TensorSample> implements DataSource {
  readonly length: number;
  readonly #source: DataSource;
  readonly #fingerprints = new WeakMap<Hasher, Ready<Digest>>();

  constructor(source: DataSource) {
    this.#source = source;
    this.length = source.length;
  }

  /** Asks the source once; what it says is remembered, unless it fails. */
  fingerprint(context: FingerprintContext): Digest | Promise<Digest> {
    const { hasher } = context;
    const known = this.#fingerprints.get(hasher);
    if (known !== undefined) return known as Digest | Promise<Digest>;
    const asked = this.#source.fingerprint(context);
    this.#fingerprints.set(hasher, asked);
    if (isPromise(asked)) asked.catch(() => this.#fingerprints.delete(hasher));
    return asked;
  }

  /** @throws DataError `DATA_MISMATCH` where the source's batch doesn't hold as many samples as were asked for. */
  get(indices: Uint32Array, context: BatchContext): Batch | Promise<Batch> {
    return whenReady(this.#source.get(indices, context), (batch) => {
      checkBatch(batch, indices.length, undefined, () => `The batch of ${indices.length} samples (${listed(indices)})`);
      return batch;
    });
  }

  unchanged(): boolean {
    return contentUnchanged(this.#source);
  }

  /** What the source says of itself; empty where it says nothing. */
  outline(context: FingerprintContext): Outline | Promise<Outline> {
    return this.#source.outline?.(context) ?? {};
  }

  /**
   * The samples that `fn` makes of these, when they are asked for and anew each time. `fn` may be async, may write to the arrays it gets,
   * and takes what randomness it needs from `rng`, so that a sample is the same in every run. It is fingerprinted by its source: what it
   * closes over is given in `deps`, or `key` names its behaviour.
   */
  map<R extends Sample>(
    fn: (sample: S, context: SampleContext) => Ready<R>,
    options: FunctionOptions = {},
  ): Dataset<TensorsOf<R>> {
    func('map()', 'fn', fn);
    checkOptions('map()', options, ['deps', 'key']);
    return new Dataset<TensorsOf<R>>(new MapSource(this, userFunction(fn as unknown as MapFunction, options)));
  }

  /** Some of the samples: `subset([3, 1, 3])`, `subset({ start: 10_000 })`. */
  subset(selection: Selection): Dataset<S> {
    return new Dataset<S>(new SubsetSource(this, Symbol.iterator in selection ? selection : this.#range(selection)));
  }

  /**
   * Two data sets that share no sample: a random `fraction` of the samples, rounded to whole ones, and the others, each in the order
   * they have here. Which ones is a function of the seed and the length.
   * @throws OptionError `INVALID_OPTION` where one of the two would be empty.
   */
  split(fraction: number, seed: number): readonly [Dataset<S>, Dataset<S>] {
    finiteNumber('split()', 'fraction', fraction);
    checkSeed(seed);
    const count = Math.round(this.length * fraction);
    if (count < 1 || count >= this.length) {
      refuse('split()', 'fraction', `between 0 and 1, and leave a sample on both sides of ${this.length}`, fraction);
    }
    const order = shuffled(stream(seed, 'split'), this.length);
    return [this.subset(order.slice(0, count).sort()), this.subset(order.slice(count).sort())];
  }

  #range(range: { readonly start?: number; readonly end?: number }): Iterable<number> {
    checkOptions('subset()', range, ['start', 'end']);
    const { start = 0, end = this.length } = range;
    nonNegativeInteger('subset()', 'start', start);
    nonNegativeInteger('subset()', 'end', end);
    if (end > this.length) refuse('subset()', 'end', `at most ${this.length}, the number of samples`, end);
    return Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);
  }
}

/** A data set of one's own source; one that can't hash its content declares a `key` instead of `fingerprint()`. */
export function dataset(source: DataSource | KeyedSource): Dataset {
  if (source instanceof Dataset) return source as Dataset;
  func('dataset()', 'get', source.get);
  nonNegativeInteger('dataset()', 'length', source.length);
  if ('fingerprint' in source) return new Dataset(source);
  if (isPlainObject(source)) checkOptions('dataset()', source, ['key', 'length', 'get']);
  const { key, length } = source;
  string('dataset()', 'key', key);
  positiveInteger('dataset()', 'length', length);
  return new Dataset({
    length,
    fingerprint: ({ hasher }) => fingerprintOfData(hasher, 'declared', key, length),
    outline: () => ({ key, length }),
    // Without `recycled`: where the source keeps its batches, they would be written to.
    get: (indices, { rng, signal }) => source.get(indices, { rng, signal }),
  });
}
