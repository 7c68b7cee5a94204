// reference/lightning-resume-questions.md: an optimizer that the user makes in a hook of their own ends up detached from the parameters when a run is resumed.
// Here an optimizer or a scheduler is a recipe: wherever the user makes it, and whenever, the one that trains is made from it and gets its state.
import { adamw, cosine, type Model, mse, reduceOnPlateau } from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { abortedAfterSteps } from '../support/aborts.js';
import { line, session } from '../support/session.js';

const train = line(40);
const val = line(16, 2);

/** What the user's own class makes, in `setup`, as the failing script does. */
class ToyTask {
  optimizer: ReturnType<typeof adamw> | null = null;
  setup(): void {
    this.optimizer = adamw({ lr: 0.05, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 });
  }
}

const schedulers = () => ({
  epochScheduler: reduceOnPlateau({ monitor: 'val_loss', patience: 0, factor: 0.5 }),
  stepScheduler: cosine({ tMax: 40 }),
});

/** Two trains, as in the script: fit, then fit again from what the first had saved. */
const fit =
  (
    parts: (when: 'before' | 'inside') => { optimizer: ReturnType<typeof adamw> } & ReturnType<typeof schedulers>,
    signal?: AbortSignal,
  ) =>
  async (model: Model) => {
    const before = parts('before');
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), ...parts('inside'), ...before });
      const options = { batchSize: 8, snapshots: { every: { steps: 1 } }, ...(signal && { signal }) } as const;
      await cp.train(train, val, { ...options, epochs: 4 });
    });
    await model.checkpoint(2, async (cp) => {
      await cp.train(train, val, {
        epochs: 2,
        batchSize: 8,
        snapshots: { every: { steps: 1 } },
        ...(signal && { signal }),
      });
    });
    return model.checkpoint(2).stateDigest();
  };

const made = () => {
  const task = new ToyTask();
  task.setup();
  return { optimizer: task.optimizer as NonNullable<ToyTask['optimizer']>, ...schedulers() };
};

const atTheTop = made();

/** Where a user may make an optimizer and schedulers. */
const places: readonly (readonly [string, Parameters<typeof fit>[0]])[] = [
  ['once, at the top of the script', () => atTheTop],
  ['before the block', (when) => (when === 'before' ? made() : atTheTop)],
  ['anew, each time they are asked for', () => made()],
];

describe('an optimizer and schedulers that the user makes', () => {
  const uninterrupted = async () => (await session()).run(fit(() => atTheTop));

  test.each(places)('%s: lead to the same state', async (_, parts) => {
    expect(await (await session()).run(fit(parts))).toBe(await uninterrupted());
  });

  test.each(places.flatMap(([place, parts]) => [2, 5, 11, 20, 21, 27].map((after) => [place, after, parts] as const)))(
    '%s: stopped after %i steps and gone on with, are attached and restored',
    async (_, after, parts) => {
      const { run, counts } = await session();
      await expect(run(fit(parts, abortedAfterSteps(counts, after)))).rejects.toThrow('stopped by the test');
      const steps = counts.steps;
      expect(await run(fit(() => made()))).toBe(await uninterrupted());
      // It trained what was left, and no more.
      expect(counts.steps - steps).toBe(30 - after);
    },
  );

  test('made where nothing is restored: one that setup gives is new, and one that it does not give goes on', async () => {
    const digest = (again: boolean) => async (model: Model) => {
      await fit(() => made())(model);
      await model.checkpoint(3, { from: 2 }, async (cp) => {
        if (again) await cp.setup({ optimizer: made().optimizer });
        await cp.train(train, val, { epochs: 1, batchSize: 8 });
      });
      return model.checkpoint(3).stateDigest();
    };
    const { run } = await session();
    expect(await run(digest(true))).not.toBe(await (await session()).run(digest(false)));
  });
});
