import { fingerprintFunction } from '../functions/fingerprint.js';
import { outlineOfDeps, outlineOfFunction, type UserFunction } from '../functions/user-function.js';
import type { Batch, BatchContext, DataSource, FingerprintContext } from '../ports/data-source.js';
import type { Hasher } from '../ports/hasher.js';
import type { Digest } from '../values/digest.js';
import type { Outline } from '../values/outline.js';
import { DataError, messageOf } from './data-error.js';
import { contentUnchanged, digestOfData, fingerprintOfData } from './fingerprint.js';
import { withPart } from './outline.js';
import { allReady, isPromise, whenReady } from './ready.js';
import type { Ready } from './ready.js';
import { samplesOf, stackSamples } from './sample.js';
import type { Sample, TensorSample } from './sample.js';

/** What a map's function is told beside the sample. */
export interface SampleContext {
  /** The sample's place in the data set that is mapped. */
  readonly index: number;
  /**
   * Uniform random numbers in [0, 1) for this sample in this epoch: a function of (seed, epoch, sample, place of this map among maps of
   * maps), so they never depend on what ran before, and no two maps of one sample draw the same.
   */
  readonly rng: () => number;
}

export type MapFunction = (sample: TensorSample, context: SampleContext) => Ready<Sample>;

/** A data set with a function on each sample. */
export class MapSource implements DataSource {
  readonly length: number;
  readonly #source: DataSource;
  readonly #fn: UserFunction<MapFunction>;
  #hashed: { readonly hasher: Hasher; readonly fn: Digest } | undefined;

  constructor(source: DataSource, fn: UserFunction<MapFunction>) {
    this.#source = source;
    this.#fn = fn;
    this.length = source.length;
  }

  async fingerprint(context: FingerprintContext): Promise<Digest> {
    const { hasher } = context;
    const source = await this.#source.fingerprint(context);
    const fn = await this.#digestOfFunction(context);
    this.#hashed = { hasher, fn };
    return fingerprintOfData(hasher, 'map', source, fn);
  }

  get(indices: Uint32Array, { rng, signal }: BatchContext): Batch | Promise<Batch> {
    const inner: BatchContext['rng'] = (position, depth = 0) => rng(position, depth + 1);
    return whenReady(this.#source.get(indices, { rng: inner, signal }), (batch) => {
      const sampleAt = samplesOf(batch);
      const mapped = Array.from(indices, (index, position) =>
        this.#call(sampleAt(position), index, () => rng(position)),
      );
      return whenReady(allReady(mapped), (samples) => stackSamples(samples, indices));
    });
  }

  unchanged(): boolean {
    return contentUnchanged(this.#source);
  }

  async outline(context: FingerprintContext): Promise<Outline> {
    const known = this.#hashed?.hasher === context.hasher ? this.#hashed.fn : undefined;
    const fn = known ?? (await this.#digestOfFunction(context));
    const { outline, name } = withPart(
      (await this.#source.outline?.(context)) ?? {},
      'map',
      outlineOfFunction(this.#fn, fn),
    );
    return { ...outline, ...outlineOfDeps(this.#fn, name) };
  }

  #digestOfFunction(context: FingerprintContext): Promise<Digest> {
    return fingerprintFunction(this.#fn, context.hasher, digestOfData(context));
  }

  #call(sample: TensorSample, index: number, random: () => () => number): Ready<Sample> {
    let draw: (() => number) | undefined;
    const context = { index, rng: () => (draw ??= random())() };
    const fail = (cause: unknown): never => {
      const message = `The function given to map() failed on sample ${index}: ${messageOf(cause)}`;
      throw new DataError('DATA_ERROR', message, { indices: [index], cause });
    };
    try {
      const result = this.#fn.call(sample, context);
      return isPromise(result) ? Promise.resolve(result).catch(fail) : result;
    } catch (cause) {
      return fail(cause);
    }
  }
}
