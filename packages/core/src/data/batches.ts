import { RepriseError } from '../errors/base.js';
import { OptionError } from '../errors/option-error.js';
import type { Batch, BatchContext, DataSource, SampleStream } from '../ports/data-source.js';
import { permutation } from '../rng/permutation.js';
import { stream } from '../rng/stream.js';
import { checkBatch, sampleCount } from './check-batch.js';
import { DataError, listed, messageOf } from './data-error.js';
import { dataset } from './dataset.js';
import { isPromise } from './ready.js';

export interface BatchPlan {
  /** The last batch holds what is left, where the length is no multiple of it. */
  readonly batchSize: number;
  /** By `permutation(seed, epoch)`; else in the data's order. */
  readonly shuffle: boolean;
  readonly seed: number;
  readonly epoch: number;
  readonly signal: AbortSignal;
  /**
   * The caller is done with a batch when it asks for the next, so its memory may be written to again: for data in memory that saves a
   * third of the loader's time. Without it, batches stay as they are.
   */
  readonly recycle?: boolean;
  /** Samples of the epoch that are done already: it goes on behind them. Costs nothing where data can be indexed. */
  readonly skip?: number;
}

/** How many batches of a source that takes time are under way at once, the one that is waited for included. */
const atOnce = 4;

/** Whether data come in one order, so that they can't be shuffled. */
export function isSampleStream(source: DataSource | SampleStream): source is SampleStream {
  return 'open' in source;
}

/**
 * The batches of one epoch. What they hold is a function of data, seed and epoch: sources that take time work at up to four batches at
 * once, and results are given in order. Leaving the loop, and an abort, stop what is under way.
 * @throws OptionError `INVALID_OPTION` at once, where a stream is to be shuffled. While iterating: DataError `DATA_ERROR` with the
 * indices, and the source's own error as its cause; `DATA_MISMATCH`; the signal's reason.
 */
export function batches(source: DataSource | SampleStream, plan: BatchPlan): AsyncIterable<Batch> {
  if (!isSampleStream(source)) return indexed(source, plan);
  if (!plan.shuffle) return streamed(source, plan);
  const message =
    'These data come in one order and cannot be shuffled: pass shuffle: false, or give data that can be indexed.';
  throw new OptionError('INVALID_OPTION', message, { where: 'batches()', option: 'shuffle' });
}

async function* indexed(source: DataSource, plan: BatchPlan): AsyncGenerator<Batch, void, undefined> {
  const { batchSize, seed, epoch, skip = 0 } = plan;
  const { length } = source;
  const data = dataset(source);
  const order = plan.shuffle ? permutation(seed, epoch, length) : Uint32Array.from({ length }, (_, i) => i);
  const work = linked(plan.signal);
  let recycled: Batch | undefined;

  const start = (from: number): Batch | Promise<Batch> => {
    const indices = order.subarray(from, from + batchSize);
    const rng: BatchContext['rng'] = (position, depth = 0) => {
      const random = stream(seed, 'augment', epoch, indices[position]!, depth);
      return () => random.uniform();
    };
    const reusable = recycled === undefined ? {} : { recycled };
    recycled = undefined;
    try {
      const batch = data.get(indices, { rng, signal: work.signal, ...reusable });
      if (!isPromise(batch)) return batch;
      const named = batch.catch((error: unknown) => failed(error, indices));
      named.catch(() => undefined); // It is awaited later, or, where the loop is left, never.
      return named;
    } catch (error) {
      return failed(error, indices);
    }
  };

  try {
    const ahead: (Batch | Promise<Batch>)[] = [];
    let earlier: Batch | undefined;
    for (let at = skip, next = skip; at < length; at += batchSize) {
      plan.signal.throwIfAborted();
      while (next < length && ahead.length < atOnce) {
        const begun = start(next);
        next += batchSize;
        ahead.push(begun);
        if (!isPromise(begun)) break;
      }
      const first = ahead.shift()!;
      const batch = isPromise(first) ? await work.unlessAborted(first) : first;
      const now = at;
      checkBatch(
        batch,
        sampleCount(batch),
        earlier,
        () => `The batch of samples ${listed(order.subarray(now, now + batchSize))}`,
      );
      earlier ??= batch;
      yield batch;
      if (plan.recycle === true) recycled = batch;
    }
  } finally {
    work.stop();
  }
}

async function* streamed(source: SampleStream, plan: BatchPlan): AsyncGenerator<Batch, void, undefined> {
  const work = linked(plan.signal);
  const { skip = 0, epoch } = plan;
  const context = { epoch, signal: work.signal, ...(skip > 0 ? { skip } : {}) };
  const iterator = source.open(plan.batchSize, context)[Symbol.asyncIterator]();
  const ask = (): Promise<IteratorResult<Batch, unknown>> => {
    const asked = iterator.next();
    asked.catch(() => undefined);
    return asked;
  };
  let ended = false;
  try {
    let earlier: Batch | undefined;
    let pending = ask();
    for (let number = 0; ; number++) {
      plan.signal.throwIfAborted();
      const result = await work.unlessAborted(pending).catch((cause: unknown) => {
        ended = true;
        if (cause instanceof RepriseError || plan.signal.aborted) throw cause;
        throw new DataError('DATA_ERROR', `The stream failed in its batch ${number}: ${messageOf(cause)}`, { cause });
      });
      ended = result.done === true;
      if (result.done === true) return;
      pending = ask();
      checkBatch(result.value, sampleCount(result.value), earlier, () => `Batch ${number} of the stream`);
      earlier ??= result.value;
      yield result.value;
    }
  } finally {
    work.stop();
    // Not awaited: a stream that hangs would hang the one who leaves it.
    if (!ended) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

function failed(error: unknown, indices: Uint32Array): never {
  if (error instanceof RepriseError) throw error;
  throw new DataError('DATA_ERROR', `The batch of samples ${listed(indices)} could not be had: ${messageOf(error)}`, {
    indices,
    cause: error,
  });
}

/** A signal for the work of one loop: it is aborted with the caller's, and when the loop is left. */
function linked(outer: AbortSignal): {
  readonly signal: AbortSignal;
  unlessAborted<T>(promise: Promise<T>): Promise<T>;
  stop(): void;
} {
  const controller = new AbortController();
  let reject: (reason: unknown) => void = () => undefined;
  const aborted = new Promise<never>((_, rejects) => (reject = rejects));
  aborted.catch(() => undefined);
  const abort = (): void => {
    reject(outer.reason);
    controller.abort(outer.reason);
  };
  if (outer.aborted) abort();
  outer.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    unlessAborted: (promise) => Promise.race([promise, aborted]),
    stop: () => {
      outer.removeEventListener('abort', abort);
      controller.abort();
    },
  };
}
