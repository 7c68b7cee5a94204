import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrays, batches, dataset, permutation, sampleCount } from '../../src/index.js';
import type { Batch, BatchContext, BatchPlan } from '../../src/index.js';
import { collect } from './support.js';

const plan = (options: Partial<BatchPlan> = {}): BatchPlan => ({
  batchSize: 3,
  shuffle: false,
  seed: 7,
  epoch: 2,
  signal: new AbortController().signal,
  ...options,
});

const ten = () => arrays({ input: Float32Array.from({ length: 10 }, (_, i) => i) });

const row = (indices: Uint32Array): Batch =>
  new Map([['input', { dtype: 'uint32', shape: [indices.length], data: indices.slice() }]]);

const source = (length: number, get: (indices: Uint32Array, context: BatchContext) => Batch | Promise<Batch>) =>
  dataset({ key: 'test', length, get });

describe('batches', () => {
  it('gives every sample once, in order, the last batch with what is left', async () => {
    expect(await collect(batches(ten(), plan()))).toEqual([[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]);
  });

  it('shuffles by the permutation of (seed, epoch)', async () => {
    const shuffled = (await collect(batches(ten(), plan({ shuffle: true })))).flat();
    expect(shuffled).toEqual([...permutation(7, 2, 10)]);
  });

  it('leaves batches as they are unless told to recycle them, which changes nothing in what they hold', async () => {
    const kept: Batch[] = [];
    for await (const batch of batches(ten(), plan({ shuffle: true }))) kept.push(batch);
    const recycled: number[] = [];
    const memory = new Set<unknown>();
    for await (const batch of batches(ten(), plan({ shuffle: true, recycle: true }))) {
      recycled.push(...(batch.get('input')!.data as Float32Array));
      memory.add(batch.get('input')!.data);
    }
    expect(kept.flatMap((batch) => [...(batch.get('input')!.data as Float32Array)])).toEqual(recycled);
    expect(memory.size).toBe(2);
  });

  it('gives the same batches whatever the order in which an asynchronous source is ready', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        async (scheduler, length, batchSize, shuffle) => {
          let active = 0;
          let most = 0;
          const slow = source(length, async (indices, { rng }) => {
            most = Math.max(most, ++active);
            await scheduler.schedule(Promise.resolve());
            active -= 1;
            return new Map([
              ...row(indices),
              [
                'noise',
                { dtype: 'float64', shape: [indices.length], data: Float64Array.from(indices, (_, i) => rng(i)()) },
              ],
            ]);
          });
          const noise = await scheduler.waitFor(collect(batches(slow, plan({ batchSize, shuffle })), 'noise'));
          expect(most).toBeLessThanOrEqual(4);
          const instant = source(length, (indices, { rng }) => {
            const data = Float64Array.from(indices, (_, i) => rng(i)());
            return new Map([['noise', { dtype: 'float64', shape: [indices.length], data }]]);
          });
          expect(noise).toEqual(await collect(batches(instant, plan({ batchSize, shuffle })), 'noise'));
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('names the samples of a batch that failed, and keeps the cause', async () => {
    const cause = new Error('disk on fire');
    const fails = (when: 'now' | 'later') =>
      source(10, (indices) => {
        if (!indices.includes(4)) return when === 'now' ? row(indices) : Promise.resolve(row(indices));
        if (when === 'now') throw cause;
        return Promise.reject(cause);
      });
    for (const when of ['now', 'later'] as const) {
      const seen: number[] = [];
      const run = async (): Promise<void> => {
        for await (const batch of batches(fails(when), plan())) seen.push(sampleCount(batch));
      };
      await expect(run()).rejects.toThrow(
        expect.objectContaining({
          code: 'DATA_ERROR',
          indices: [3, 4, 5],
          cause,
          message: expect.stringMatching(/3, 4, 5.*disk on fire/) as string,
        }),
      );
      expect(seen).toEqual([3]);
    }
  });

  it('refuses a batch of another form than the one before', async () => {
    const changing = source(4, (indices) =>
      indices[0] === 0
        ? row(indices)
        : new Map([['input', { dtype: 'float32', shape: [2, 1], data: new Float32Array(2) }]]),
    );
    await expect(collect(batches(changing, plan({ batchSize: 2 })))).rejects.toThrow(
      /samples 2, 3: a sample of 'input' is float32 \[1\].*uint32 \[\]/,
    );
    const renamed = source(4, (indices) =>
      indices[0] === 0 ? row(indices) : new Map([['x', row(indices).get('input')!]]),
    );
    await expect(collect(batches(renamed, plan({ batchSize: 2 })))).rejects.toThrow(/'x'.*'input'/);
  });

  it('stops what is under way when the loop is left, and asks for no more', async () => {
    const signals: AbortSignal[] = [];
    const slow = source(100, async (indices, { signal }) => {
      signals.push(signal);
      return row(indices);
    });
    for await (const _ of batches(slow, plan())) break;
    expect(signals).toHaveLength(4);
    expect(signals.every((signal) => signal.aborted)).toBe(true);
  });

  it('ends with the reason of an abort, even where the source never answers', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const hanging = source(10, () => new Promise<never>(() => undefined));
    const run = collect(batches(hanging, plan({ signal: controller.signal })));
    controller.abort(reason);
    await expect(run).rejects.toBe(reason);

    const later = new AbortController();
    const seen: number[] = [];
    const inMemory = async (): Promise<void> => {
      for await (const batch of batches(ten(), plan({ signal: later.signal }))) {
        seen.push(sampleCount(batch));
        later.abort(reason);
      }
    };
    await expect(inMemory()).rejects.toBe(reason);
    expect(seen).toEqual([3]);
  });
});
