// Standing on the last or the best epoch of a train, whatever its call ended at.
import {
  arrays,
  type Block,
  DivergenceError,
  type Model,
  modelCheckpoint,
  mse,
  sgd,
  type SnapshotOptions,
} from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { abortedAfterSteps } from '../support/aborts.js';
import { line, session } from '../support/session.js';

const data = line(16);

/** Half of what is trained for: training comes by it in its second epoch, and goes on. */
const input = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i * 1.7));
const target = Float32Array.from({ length: 8 }, (_, i) => {
  const [a = 0, b = 0, c = 0] = input.subarray(3 * i);
  return 0.5 * (0.5 * a - b + 2 * c);
});
const val = arrays({ input: { data: input, shape: [3] }, target: { data: target, shape: [1] } });

/** A train whose best epoch is its second of four. */
const overshooting =
  (loadBest: boolean, keep?: SnapshotOptions['keep'], signal?: AbortSignal) =>
  async (cp: Block): Promise<number | undefined> => {
    await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.3 }) });
    const options = { epochs: 4, batchSize: 8, watch: 'loss', loadBest } as const;
    const { best } = await cp.train(data, val, {
      ...options,
      ...(keep && { snapshots: { keep } }),
      ...(signal && { signal }),
    });
    return best?.epoch;
  };

const onTop = (model: Model, id: number, options: object): Promise<string> =>
  model
    .checkpoint(id, options, (cp) => cp.train(data, { epochs: 1, batchSize: 8 }))
    .then(() => model.checkpoint(id).stateDigest());

/** The states after so many epochs of that train, by the same train of fewer epochs. */
async function after(model: Model, epochs: number, id: string): Promise<string> {
  await model.checkpoint(id, { from: null }, async (cp) => {
    await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.3 }) });
    await cp.train(data, val, { epochs, batchSize: 8, watch: 'loss' });
  });
  return model.checkpoint(id).stateDigest();
}

describe("a checkpoint's last train", () => {
  test('is gone on from at its last epoch, though loadBest went back', async () => {
    const { run, counts } = await session();
    const script = async (model: Model): Promise<readonly [number | undefined, string, string]> => {
      const best = await model.checkpoint(1, overshooting(true));
      const last = await onTop(model, 2, { from: { checkpoint: 1, at: 'last' } });
      return [best, last, await model.checkpoint(1).stateDigest()];
    };
    const [best, last, ended] = await run(script);
    expect(best).toBe(1);
    const { steps } = counts;
    await run(async (model) => {
      const plain = await after(model, 4, 'plain');
      expect(plain).not.toBe(ended);
      expect(await onTop(model, 3, { from: 'plain' })).toBe(last);
    });
    counts.steps = steps;
    expect(await run(script)).toEqual([best, last, ended]);
    expect(counts.steps).toBe(steps);
  });

  test('is gone on from at its best epoch, where loadBest stands already', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, overshooting(true));
      const best = await onTop(model, 2, { from: { checkpoint: 1, at: 'best' } });
      expect(await onTop(model, 3, { from: 1 })).toBe(best);
    });
  });

  test('is gone on from at a best epoch that was kept, else the error says how to keep it', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, overshooting(false));
      await expect(onTop(model, 2, { from: { checkpoint: 1, at: 'best' } })).rejects.toMatchObject({
        code: 'NO_CHECKPOINT',
      });
      await expect(onTop(model, 2, { from: { checkpoint: 1, at: 'best' } })).rejects.toThrow('loadBest: true');
    });
    const kept = await session();
    await kept.run(async (model) => {
      const keep = { best: { count: 1, monitor: 'val_loss' } };
      expect(await model.checkpoint(1, overshooting(false, keep))).toBe(1);
      const expected = await after(model, 2, 'best');
      await model.checkpoint(2, { from: { checkpoint: 1, at: 'best' } }, (cp) => cp.evaluate(val));
      expect(await model.checkpoint(2).stateDigest()).toBe(expected);
    });
  });

  test('that was best before it began is gone on from there', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
        await cp.train(data, { epochs: 6, batchSize: 8 });
      });
      await model.checkpoint(2, async (cp) => {
        const { best } = await cp.train(data, val, { epochs: 2, batchSize: 8, watch: 'loss' });
        expect(best?.epoch).toBe(-1);
      });
      await model.checkpoint(3, { from: { checkpoint: 2, at: 'best' } }, (cp) => cp.evaluate(val));
      const weights = (id: number): Promise<unknown> => model.checkpoint(id).stateDict();
      expect(await weights(3)).toEqual(await weights(1));
    });
  });

  test('has no best where nothing was watched, and a checkpoint without a train has neither', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
        await cp.train(data, { epochs: 1, batchSize: 8 });
      });
      await model.checkpoint(2, (cp) => cp.loadStateDict({ w: Float32Array.of(1, 2, 3) }));
      await expect(onTop(model, 3, { from: { checkpoint: 1, at: 'best' } })).rejects.toThrow('nothing was watched');
      await expect(onTop(model, 3, { from: { checkpoint: 2, at: 'last' } })).rejects.toThrow('has no train()');
      await expect(onTop(model, 3, { from: { checkpoint: 9, at: 'last' } })).rejects.toMatchObject({
        code: 'NO_CHECKPOINT',
      });
      // What came after the train is not its last epoch.
      await model.checkpoint(4, { from: 1 }, async (cp) => {
        await cp.train(data, { epochs: 1, batchSize: 8 });
        await cp.loadStateDict({ w: Float32Array.of(1, 2, 3) });
      });
      await model.loadCheckpoint({ checkpoint: 4, at: 'last' });
      expect(Array.from((await model.stateDict())['w']?.data as Float32Array)).not.toEqual([1, 2, 3]);
    });
  });

  test('of another process is found in the log', async () => {
    const { run } = await session();
    const expected = await run(async (model) => {
      await model.checkpoint(1, overshooting(true));
      return onTop(model, 2, { from: { checkpoint: 1, at: 'last' } });
    });
    await run(async (model) => {
      expect(await onTop(model, 3, { resumeFrom: { checkpoint: 1, at: 'last' } })).toBe(expected);
      expect(model.report).toMatchObject({ adopted: 1, run: 0 });
    });
  });

  test('is gone on from at what modelCheckpoint has saved, by its name', async () => {
    const { run, counts } = await session();
    const script = async (model: Model): Promise<readonly string[]> => {
      await model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.3 }) });
        const callbacks = [
          modelCheckpoint({ saveTopK: -1, saveLast: true, filename: '{epoch}' }),
          modelCheckpoint({ name: 'steps', everyNSteps: 3, saveTopK: -1, filename: 'at {step}' }),
        ];
        await cp.train(data, val, { epochs: 4, batchSize: 8, watch: 'loss', loadBest: true, callbacks });
      });
      const from = async (id: number, saved: string): Promise<string> => {
        await model.checkpoint(id, { from: { checkpoint: 1, saved } }, (cp) => cp.evaluate(val));
        return model.checkpoint(id).stateDigest();
      };
      await expect(from(9, 'epoch=7')).rejects.toThrow(
        "It has 'epoch=3', 'epoch=2', 'epoch=1', 'epoch=0', 'last', 'at step=6', 'at step=3'",
      );
      return [await from(2, 'epoch=0'), await from(3, 'epoch=2'), await from(4, 'last'), await from(5, 'at step=3')];
    };
    const [first, third, last, within] = await run(script);
    await run(async (model) => {
      expect([await after(model, 1, 'one'), await after(model, 3, 'three'), await after(model, 4, 'four')]).toEqual([
        first,
        third,
        last,
      ]);
    });
    expect([first, third, last]).not.toContain(within);
    const before = { ...counts };
    expect(await run(script)).toEqual([first, third, last, within]);
    expect(counts).toEqual(before);
  });

  test('that was stopped on the way is gone on from where it was stored', async () => {
    const { run, counts } = await session();
    await run(async (model) => {
      const signal = abortedAfterSteps(counts, 5);
      await expect(model.checkpoint(1, overshooting(true, undefined, signal))).rejects.toThrow('stopped by the test');
    });
    await run(async (model) => {
      await model.checkpoint(2, { from: { checkpoint: 1, at: 'last' } }, async (cp) => {
        // Two epochs and the half of one were trained: the state has two, and goes on with the third.
        const { epochs } = await cp.train(data, { untilEpoch: 4, batchSize: 8 });
        expect(epochs).toBe(2);
      });
      await expect(model.checkpoint(1).evaluate(val)).rejects.toMatchObject({ code: 'NO_CHECKPOINT' });
    });
    // Nothing of it is lost to the call itself.
    const { steps } = counts;
    await run((model) => model.checkpoint(1, overshooting(true)));
    expect(counts.steps - steps).toBe(3);
  });

  test('stood on at another epoch is a divergence that says so', async () => {
    const { run } = await session();
    const script = (at: 'last' | 'best') => async (model: Model) => {
      await model.checkpoint(1, overshooting(true));
      await onTop(model, 2, { from: { checkpoint: 1, at } });
    };
    await run(script('best'));
    const error = (await run(script('last')).catch((reason: unknown) => reason)) as DivergenceError;
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error.details.began).toBe(
      "where train #1 of checkpoint '1' is gone on from: where it ended → after epoch 4",
    );
  });
});

describe('resumeFrom', () => {
  test("'last' and 'best' are those of the train that the model comes from", async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, overshooting(true));
      const last = await onTop(model, 2, { resumeFrom: 'last' });
      await model.loadCheckpoint(1);
      const best = await onTop(model, 3, { resumeFrom: 'best' });
      expect(last).toBe(await onTop(model, 4, { from: { checkpoint: 1, at: 'last' } }));
      expect(best).toBe(await onTop(model, 5, { from: 1 }));
      expect(last).not.toBe(best);
    });
  });

  test('of a block that is entered again begins where it began', async () => {
    const { run, counts } = await session();
    await run(async (model) => {
      await model.checkpoint(1, overshooting(true));
      const first = await onTop(model, 2, { resumeFrom: 'last' });
      const { steps } = counts;
      expect(await onTop(model, 2, { resumeFrom: 'last' })).toBe(first);
      expect(counts.steps).toBe(steps);
    });
  });

  test('of a model that comes from no train is refused', async () => {
    const { run } = await session();
    await run(async (model) => {
      await expect(onTop(model, 1, { resumeFrom: 'last' })).rejects.toThrow('it comes from none');
    });
  });

  test('takes tags and numbers as from does', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, overshooting(true));
      await model.tag('good', 1);
      const expected = await onTop(model, 2, { from: 1 });
      expect(await onTop(model, 3, { resumeFrom: { tag: 'good' } })).toBe(expected);
    });
  });

  test.each([
    [{ resumeFrom: 'last', from: 1 }],
    [{ resumeFrom: '' }],
    [{ resumeFrom: 5 }],
    [{ resumeFrom: { checkpoint: 1 } }],
    [{ resumeFrom: { checkpoint: 1, at: 'first' } }],
    [{ resumeFrom: { checkpoint: 1, at: 'last', saved: 'a' } }],
    [{ from: { file: '' } }],
    [{ from: { checkpoint: 1, saved: 2 } }],
  ])('is checked: %j', async (options) => {
    const { run } = await session();
    await run(async (model) => {
      await expect(onTop(model, 2, options)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await model.checkpoint(1, overshooting(true));
    });
  });
});
