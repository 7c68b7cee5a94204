import { describe, expect, it } from 'vitest';
import { batches, isSampleStream, iterable } from '../../src/index.js';
import type { Batch, BatchPlan, Sample } from '../../src/index.js';
import { collect, fingerprinting, plain } from './support.js';

const plan = (options: Partial<BatchPlan> = {}): BatchPlan => ({
  batchSize: 2,
  shuffle: false,
  seed: 0,
  epoch: 0,
  signal: new AbortController().signal,
  ...options,
});

async function* rows(count: number): AsyncGenerator<Sample> {
  for (let i = 0; i < count; i++) yield { input: Float32Array.of(i, -i), target: i };
}

describe('iterable', () => {
  it('makes batches of single samples', async () => {
    const seen: unknown[] = [];
    for await (const batch of batches(
      iterable(() => rows(3), { key: 'rows', length: 3 }),
      plan(),
    ))
      seen.push(plain(batch));
    expect(seen).toEqual([
      {
        input: { dtype: 'float32', shape: [2, 2], values: [0, -0, 1, -1] },
        target: { dtype: 'int32', shape: [2], values: [0, 1] },
      },
      {
        input: { dtype: 'float32', shape: [1, 2], values: [2, -2] },
        target: { dtype: 'int32', shape: [1], values: [2] },
      },
    ]);
  });

  it('passes batches on as they come', async () => {
    const batch = (...values: number[]): Batch =>
      new Map([['input', { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) }]]);
    const stream = iterable(() => [batch(1, 2, 3), batch(4)], { key: 'ready' });
    expect(await collect(batches(stream, plan()))).toEqual([[1, 2, 3], [4]]);
  });

  it('takes what comes as it is then: a stream may use its memory again', async () => {
    const expected = Array.from({ length: 8 }, (_, i) => [i, i]);
    const samples = iterable(
      function* () {
        const sample = { input: Buffer.alloc(1), pair: { data: new Float32Array(1), shape: [1] } };
        for (let i = 0; i < 8; i++) {
          sample.input.fill(i);
          sample.pair.data.fill(i);
          yield sample;
        }
      },
      { key: 'samples' },
    );
    const whole = iterable(
      async function* () {
        const data = new Float32Array(2);
        const batch: Batch = new Map([['input', { dtype: 'float32', shape: [2], data }]]);
        for (let i = 0; i < 8; i++) {
          data.fill(i);
          yield batch;
        }
      },
      { key: 'batches' },
    );
    expect((await collect(batches(samples, plan({ batchSize: 3 })))).flat()).toEqual(expected.map(([i]) => i));
    expect((await collect(batches(samples, plan({ batchSize: 3 })), 'pair')).flat()).toEqual(expected.map(([i]) => i));
    const kept: Batch[] = [];
    for await (const batch of batches(whole, plan())) {
      await new Promise(setImmediate); // Time for what is asked for ahead.
      kept.push(batch);
    }
    expect(kept.map((batch) => plain(batch)['input']!.values)).toEqual(expected);
  });

  it('keeps samples before a batch in their place, and counts all', async () => {
    const batch: Batch = new Map([['input', { dtype: 'int32', shape: [2], data: Int32Array.of(1, 2) }]]);
    const mixed = iterable(() => [{ input: 0 }, batch, { input: 3 }, { input: 4 }, { input: 5 }], {
      key: 'mixed',
      length: 6,
    });
    expect(await collect(batches(mixed, plan()))).toEqual([[0], [1, 2], [3, 4], [5]]);
    const wrong = iterable(() => [{ input: 0 }, { input: 1 }, { input: 0.5 }], { key: 'wrong' });
    await expect(collect(batches(wrong, plan()))).rejects.toThrow(/'input' of sample 2 is the number 0.5/);
  });

  it('is opened anew for each epoch, which it is told', async () => {
    const stream = iterable(({ epoch }) => [{ input: epoch }], { key: 'epochs' });
    expect(await collect(batches(stream, plan({ epoch: 3 })))).toEqual([[3]]);
    expect(await collect(batches(stream, plan({ epoch: 4 })))).toEqual([[4]]);
  });

  it('cannot be shuffled, and says so', () => {
    const stream = iterable(() => rows(3), { key: 'rows' });
    expect(isSampleStream(stream)).toBe(true);
    expect(() => batches(stream, plan({ shuffle: true }))).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        option: 'shuffle',
        message: expect.stringMatching(/shuffle: false/) as string,
      }),
    );
  });

  it('is fingerprinted by key and length', async () => {
    const context = fingerprinting();
    const print = (key: string, length?: number) =>
      iterable(() => [], length === undefined ? { key } : { key, length }).fingerprint(context);
    expect(print('a', 3)).toBe(print('a', 3));
    expect(new Set([print('a', 3), print('a'), print('b', 3)]).size).toBe(3);
    expect(() => iterable(() => [], {} as never)).toThrow(/key/);
    expect(() => iterable(rows(1) as never, { key: 'a' })).toThrow(/open/);
  });

  it('refuses another number of samples than declared', async () => {
    await expect(
      collect(
        batches(
          iterable(() => rows(3), { key: 'rows', length: 4 }),
          plan(),
        ),
      ),
    ).rejects.toThrow(/ended after 3.*given as 4/);
  });

  it('keeps the cause of a failure, and closes the stream when the loop is left', async () => {
    const cause = new Error('connection lost');
    const breaks = iterable(
      async function* () {
        yield* rows(2);
        throw cause;
      },
      { key: 'breaks' },
    );
    await expect(collect(batches(breaks, plan()))).rejects.toThrow(
      expect.objectContaining({ code: 'DATA_ERROR', cause }),
    );

    let closed: () => void;
    const closing = new Promise<void>((resolve) => (closed = resolve));
    const endless = iterable(
      async function* () {
        try {
          for (;;) yield { input: 1 };
        } finally {
          closed();
        }
      },
      { key: 'endless' },
    );
    for await (const _ of batches(endless, plan())) break;
    await closing;
  });

  it('ends with the reason of an abort, even where the stream hangs', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const hanging = iterable(
      async function* () {
        await new Promise(() => undefined);
        yield { input: 1 };
      },
      { key: 'hanging' },
    );
    const run = collect(batches(hanging, plan({ signal: controller.signal })));
    controller.abort(reason);
    await expect(run).rejects.toBe(reason);
  });
});
