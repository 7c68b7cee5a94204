import { boolean, checkOptions, func, positiveInteger, string } from '../options/index.js';
import type { Batch, SampleStream } from '../ports/data-source.js';
import { checkBatch, sampleCount } from './check-batch.js';
import { DataError } from './data-error.js';
import { fingerprintOfData } from './fingerprint.js';
import { copyBatch, copySample, stackSamples } from './sample.js';
import type { Sample } from './sample.js';

/**
 * Begins an epoch: samples one by one, or batches (a Map of tensors each), which are taken as they are, whatever the batch size.
 * Each is copied when it comes, so the next may be in the same memory.
 */
export type OpenStream = (context: {
  readonly epoch: number;
  readonly signal: AbortSignal;
  /** Samples to leave out at the beginning: always 0 unless the iterable `seeks`. */
  readonly skip: number;
}) => AsyncIterable<Sample | Batch> | Iterable<Sample | Batch>;

export interface IterableOptions {
  /** Names the content; change it when the content changes. */
  readonly key: string;
  /** The number of samples of an epoch, where it is known; that many must come. */
  readonly length?: number;
  /**
   * Whether `open` begins behind its `skip` samples, so that training that stopped within an epoch goes on there. Default false: it begins the epoch
   * again.
   */
  readonly seeks?: boolean;
}

/**
 * Data that come in one order, such as rows of a file or a generator's: they can't be shuffled, and training resumes at an epoch's start unless they seek.
 * `open` is called anew for each epoch.
 */
export function iterable(open: OpenStream, options: IterableOptions): SampleStream {
  func('iterable()', 'open', open);
  checkOptions('iterable()', options, ['key', 'length', 'seeks']);
  const { key, length, seeks = false } = options ?? {};
  string('iterable()', 'key', key);
  if (length !== undefined) positiveInteger('iterable()', 'length', length);
  boolean('iterable()', 'seeks', seeks);
  return {
    ...(length === undefined ? {} : { length }),
    fingerprint: ({ hasher }) => fingerprintOfData(hasher, 'iterable', key, length),
    outline: () => ({ key, ...(length === undefined ? {} : { length }) }),
    seeks,
    open: (batchSize, { epoch, signal, skip = 0 }) =>
      batched(open({ epoch, signal, skip }), { batchSize, key, length, skip }),
  };
}

async function* batched(
  items: AsyncIterable<Sample | Batch> | Iterable<Sample | Batch>,
  {
    batchSize,
    key,
    length,
    skip,
  }: { readonly batchSize: number; readonly key: string; readonly length: number | undefined; readonly skip: number },
): AsyncGenerator<Batch, void, undefined> {
  let samples: Sample[] = [];
  let count = skip;
  const stacked = (): Batch => {
    const first = count - samples.length;
    const batch = stackSamples(
      samples,
      samples.map((_, i) => first + i),
    );
    samples = [];
    return batch;
  };
  for await (const item of items) {
    if (item instanceof Map) {
      checkBatch(item, sampleCount(item), undefined, () => `A batch of the stream '${key}'`);
      const batch = copyBatch(item);
      if (samples.length > 0) yield stacked();
      count += sampleCount(batch);
      yield batch;
    } else {
      samples.push(copySample(item as Sample, count++));
      if (samples.length === batchSize) yield stacked();
    }
  }
  if (samples.length > 0) yield stacked();
  if (length !== undefined && count !== length) {
    throw new DataError(
      'DATA_MISMATCH',
      `The stream '${key}' ended after ${count} samples, and its length was given as ${length}.`,
    );
  }
}
