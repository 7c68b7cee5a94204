// Whatever a callback keeps is a part of where training stands: stopped anywhere and gone on with, it ends as if it had not been.
import { adam, callback, type Callback, earlyStopping, ema, lrMonitor, type Model, mse, stepLR } from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { abortedAfterSteps } from '../support/aborts.js';
import { line, type Session, session } from '../support/session.js';

const train = line(40);
const val = line(16, 2);
const steps = 6 * 5;

const called = (): readonly Callback[] => [
  callback('noise', {
    state: { sum: 0, epochs: 0 },
    onStepEnd(ctx, state) {
      state.sum += ctx.loss;
      ctx.log('running', state.sum);
    },
    onEpochEnd(ctx, state) {
      state.epochs++;
      // Training depends on what it keeps.
      const weights = [...ctx.parameters()].filter(([name]) => ctx.trainable().has(name));
      const moved = weights.map(([name, tensor]) => {
        const data = (tensor.data as Float32Array).map((value) => value + state.sum * 1e-4 * state.epochs);
        return [name, { ...tensor, data }] as const;
      });
      ctx.setParameters(new Map(moved));
      ctx.log('epochs_seen', state.epochs);
    },
  }),
  new Counter(),
  ema({ decay: 0.9 }),
  earlyStopping({ monitor: 'val_loss', patience: 2 }),
  lrMonitor(),
];

/** A callback of a class of its own. */
class Counter implements Callback {
  readonly name = 'counter';
  readonly key = 'counts steps, 1';
  readonly #counts = new Map<number, number>();
  onStepEnd({ epoch, log, step }: Parameters<NonNullable<Callback['onStepEnd']>>[0]): void {
    this.#counts.set(epoch, (this.#counts.get(epoch) ?? 0) + 1);
    if (step % 3 === 0) log('counted', this.#counts.get(epoch) ?? 0, { per: 'epoch' });
  }
  stateDict() {
    return { counts: this.#counts };
  }
  loadStateDict(state: { readonly [name: string]: unknown }): void {
    this.#counts.clear();
    for (const [epoch, count] of state['counts'] as Map<number, number>) this.#counts.set(epoch, count);
  }
}

const script = (signal?: AbortSignal) => async (model: Model) => {
  const result = await model.checkpoint(1, async (cp) => {
    await cp.setup({ loss: mse(), optimizer: adam({ lr: 0.1 }), epochScheduler: stepLR({ stepSize: 2 }) });
    return cp.train(train, val, {
      epochs: 6,
      batchSize: 8,
      callbacks: called(),
      loadBest: true,
      snapshots: { every: { steps: 1 } },
      ...(signal === undefined ? {} : { signal }),
    });
  });
  const history = result.history.map((epoch) => ({ ...epoch, time: 0 }));
  return { result: { ...result, history }, digest: await model.checkpoint(1).stateDigest() };
};

async function uninterrupted() {
  const { run } = await session();
  return run(script());
}

async function stopped({ run, counts }: Session, after: number): Promise<void> {
  await expect(run(script(abortedAfterSteps(counts, after)))).rejects.toThrow('stopped by the test');
}

describe('a train with callbacks that was stopped', () => {
  test.each([1, 4, 5, 6, 13, 20, 24, 28])('after %i steps is gone on with to the same end', async (after) => {
    const whole = await uninterrupted();
    expect(whole.result.epochs).toBeGreaterThan(5);
    const one = await session();
    await stopped(one, after);
    const before = one.counts.steps;
    expect(await one.run(script())).toEqual(whole);
    expect(one.counts.steps - before).toBeLessThanOrEqual(steps - after + 1);
  });

  test('again and again', async () => {
    const one = await session();
    for (const after of [3, 4, 6, 2, 9]) await stopped(one, after);
    expect(await one.run(script())).toEqual(await uninterrupted());
  });

  test('and one that was not is replayed with all that was logged', async () => {
    const { run, counts } = await session();
    const first = await run(script());
    const taken = counts.steps;
    expect(await run(script())).toEqual(first);
    expect(counts.steps).toBe(taken);
    expect(first.result.logged?.['running']?.values.length).toBe(first.result.epochs * 5);
    expect(first.result.logged?.['epochs_seen']?.values).toEqual(Float64Array.from([1, 2, 3, 4, 5, 6]));
    expect(first.result.logged?.['lr']?.steps[0]).toBe(1);
  });
});
