// Lightning's StochasticWeightAveraging has no counterpart that is ready-made: docs/guide/lightning.md shows it as a callback of one's own. Here it is against the mean by hand.
import { callback, type Callback, type CallbackContext, type Model, mse, sgd, type Tensor } from '@reprise/core';
import { expect, test } from 'vitest';
import { abortedAfterSteps } from '../support/aborts.js';
import { line, session } from '../support/session.js';

const train = line(32);
const first = 2;
const options = { epochs: 5, batchSize: 8, snapshots: { every: { steps: 1 } } } as const;

/** As in the guide. */
class Swa implements Callback {
  readonly name = 'swa';
  readonly key = 'swa, version 1';
  readonly monitors = [];
  #mean = new Map<string, Tensor>();
  #epochs = 0;

  onEpochEnd(ctx: CallbackContext): void {
    if (ctx.epoch < first) return;
    this.#epochs++;
    for (const [name, tensor] of ctx.parameters()) {
      const mean = this.#mean.get(name)?.data ?? new Float32Array(tensor.data.length);
      const data = Float32Array.from(mean, (m, i) => Number(m) + (Number(tensor.data[i]) - Number(m)) / this.#epochs);
      this.#mean.set(name, { ...tensor, data });
    }
  }

  onFitEnd(ctx: CallbackContext): void {
    if (this.#epochs > 0) ctx.setParameters(this.#mean);
  }

  stateDict() {
    return { mean: Object.fromEntries(this.#mean), epochs: this.#epochs };
  }

  loadStateDict(state: { readonly [name: string]: unknown }): void {
    this.#mean = new Map(Object.entries(state['mean'] as { readonly [name: string]: Tensor }));
    this.#epochs = state['epochs'] as number;
  }
}

const script =
  (callbacks: readonly Callback[], signal?: AbortSignal) =>
  async (model: Model): Promise<{ readonly w: readonly number[]; readonly digest: string }> => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.05 }) });
      await cp.train(train, { ...options, callbacks, ...(signal && { signal }) });
    });
    const { w } = await model.checkpoint(1).stateDict();
    return { w: Array.from((w as Tensor).data, Number), digest: await model.checkpoint(1).stateDigest() };
  };

test('ends with the mean of the weights at the ends of the epochs from the third on', async () => {
  const ends: number[][] = [];
  const seen = callback(
    'seen',
    {
      observes: true,
      onEpochEnd: (ctx) => void ends.push(Array.from((ctx.parameters().get('w') as Tensor).data, Number)),
    },
    { key: 'seen' },
  );
  const { w } = await (await session()).run(script([seen, new Swa()]));
  const averaged = ends.slice(first);
  expect(averaged).toHaveLength(3);
  expect(new Set(averaged.map((each) => each[0])).size).toBe(3);
  w.forEach((value, i) =>
    expect(value).toBeCloseTo(averaged.reduce((sum, each) => sum + (each[i] as number), 0) / averaged.length, 6),
  );
});

test.each([3, 10, 13, 18])('stopped after %i of 20 steps, it ends as if it had not been', async (steps) => {
  const { digest } = await (await session()).run(script([new Swa()]));
  const { run, counts } = await session();
  await expect(run(script([new Swa()], abortedAfterSteps(counts, steps)))).rejects.toThrow('stopped by the test');
  expect((await run(script([new Swa()]))).digest).toBe(digest);
});
