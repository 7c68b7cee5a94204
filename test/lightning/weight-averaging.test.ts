// Lightning's StochasticWeightAveraging has no counterpart that is ready-made: docs/guide/lightning.md shows it as a callback of one's own. Here it is against the mean by hand.
import {
  callback,
  type Callback,
  type CallbackContext,
  type Model,
  mse,
  sgd,
  type StateDict,
  type Tensor,
} from '@reprise/core';
import { expect, test } from 'vitest';
import { abortedAfterSteps } from '../support/aborts.js';
import { line, session } from '../support/session.js';

const train = line(32);
const first = 2;
const options = { epochs: 5, batchSize: 8, snapshots: { every: { steps: 1 } } } as const;

const numbers = (tensor: Tensor | undefined): number[] => Array.from((tensor as Tensor).data as Float32Array);

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
      const now = tensor.data as Float32Array;
      const mean = (this.#mean.get(name)?.data ?? new Float32Array(now.length)) as Float32Array;
      this.#mean.set(name, { ...tensor, data: mean.map((m, i) => m + ((now[i] as number) - m) / this.#epochs) });
    }
  }

  onFitEnd(ctx: CallbackContext): void {
    if (this.#epochs > 0) ctx.setParameters(this.#mean);
  }

  stateDict(): StateDict {
    return { epochs: this.#epochs, ...Object.fromEntries(this.#mean) };
  }

  loadStateDict({ epochs, ...mean }: StateDict): void {
    this.#epochs = epochs as number;
    this.#mean = new Map(Object.entries(mean as { readonly [name: string]: Tensor }));
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
    return { w: numbers(w), digest: await model.checkpoint(1).stateDigest() };
  };

test('ends with the mean of the weights at the ends of the epochs from the third on', async () => {
  const ends: number[][] = [];
  const seen = callback(
    'seen',
    {
      observes: true,
      onEpochEnd: (ctx) => void ends.push(numbers(ctx.parameters().get('w'))),
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
