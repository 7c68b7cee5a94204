import { type Block, DivergenceError, meanAbsoluteError, type Model, mse, sgd, stepLR } from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { line, session } from '../support/session.js';

const data = line(16);
const val = line(8, 2);
const common = { batchSize: 8 };

const block =
  (...trains: readonly object[]) =>
  async (cp: Block): Promise<readonly number[]> => {
    await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }), epochScheduler: stepLR({ stepSize: 1, gamma: 0.5 }) });
    const epochs: number[] = [];
    for (const options of trains) {
      epochs.push((await cp.train(data, { ...common, ...options } as never)).epochs);
    }
    return epochs;
  };

describe('untilEpoch', () => {
  test('counts from the beginning of the state, over all trains, checkpoints and loads', async () => {
    const { run } = await session();
    await run(async (model) => {
      expect(await model.checkpoint(1, block({ untilEpoch: 3 }, { epochs: 2 }, { untilEpoch: 6 }))).toEqual([3, 2, 1]);
      await model.checkpoint(2, async (cp) => {
        await cp.loadStateDict({ w: Float32Array.of(1, 2, 3) });
        const { epochs, history } = await cp.train(data, { ...common, untilEpoch: 8 });
        expect([epochs, history.length]).toEqual([2, 2]);
      });
    });
  });

  test('is the same call as that of the epochs that it comes to', async () => {
    const { run, counts } = await session();
    const digests = await run(async (model) => {
      await model.checkpoint(1, block({ epochs: 2 }, { epochs: 3 }));
      return model.checkpoint(1).stateDigest();
    });
    const { steps, loads } = counts;
    await run(async (model) => {
      await model.checkpoint(1, block({ untilEpoch: 2 }, { untilEpoch: 5 }));
      expect(model.report).toMatchObject({ hit: 2, run: 0 });
      expect(await model.checkpoint(1).stateDigest()).toBe(digests);
    });
    expect(counts).toMatchObject({ steps, loads });
  });

  test('that grows extends what is recorded, and one that shrinks is a divergence', async () => {
    const { run, counts } = await session();
    await run((model) => model.checkpoint(1, block({ untilEpoch: 2 })));
    const { steps } = counts;
    await run((model) => model.checkpoint(1, block({ untilEpoch: 4 })));
    expect(counts.steps).toBe(steps + 4);
    const error: unknown = await run((model) => model.checkpoint(1, block({ untilEpoch: 1 }))).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DivergenceError);
  });

  test('that is reached trains nothing, records nothing, leaves the state and says so', async () => {
    const { run, counts, printed } = await session();
    const script = async (model: Model): Promise<string> => {
      await model.checkpoint(1, block({ epochs: 4 }));
      await model.checkpoint(2, async (cp) => {
        const result = await cp.train(data, val, {
          ...common,
          untilEpoch: 4,
          loadBest: true,
          metrics: [meanAbsoluteError()],
        });
        expect(result).toEqual({
          initial: null,
          history: [],
          best: null,
          stopped: 'epochs',
          epochs: 0,
          loaded: 'last',
        });
        expect((await cp.train(data, { ...common, untilEpoch: 2 })).epochs).toBe(0);
        expect((await cp.train(data, { ...common, untilEpoch: 5 })).epochs).toBe(1);
      });
      return model.checkpoint(2).stateDigest();
    };
    const first = await run(script);
    expect(printed.join('')).toContain('[2] train: nothing to train: the state has the 4 epochs of untilEpoch already');
    const { steps, evaluations } = counts;
    expect([steps, evaluations]).toEqual([10, 0]);
    expect(await run(script)).toBe(first);
    expect(counts).toMatchObject({ steps, evaluations });
  });

  test('of a state that is one epoch further is one less', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, block({ epochs: 1 }));
      await model.train(data, { ...common, untilEpoch: 2 });
      const more = await model.train(data, { ...common, untilEpoch: 4 });
      expect(more.epochs).toBe(2);
      const none = await model.train(data, { ...common, untilEpoch: 4 });
      expect(none.history).toEqual([]);
      const { epochs } = await model.checkpoint(2, (cp) => cp.train(data, { ...common, untilEpoch: 5 }));
      expect(epochs).toBe(1);
    });
  });

  test.each([
    [{ untilEpoch: 3, epochs: 2 }, 'epochs must be left out where untilEpoch is given'],
    [{ untilEpoch: 0 }, 'untilEpoch must be a whole number from 1'],
    [{ untilEpoch: 1.5 }, 'untilEpoch must be a whole number from 1'],
    [{ untilEpoch: 3, patience: -1 }, 'patience'],
    [{ untilEpoch: 1, loadBest: true }, 'validation'],
    [{ untilEpochs: 3 }, "Did you mean 'untilEpoch'"],
    [{}, 'epochs must be a whole number from 1'],
  ])('is checked: %j', async (options, message) => {
    const { run } = await session();
    await run(async (model) => {
      await expect(model.checkpoint(1, block({ epochs: 1 }, options))).rejects.toThrow(message);
    });
  });

  test('and epochs exclude each other in types, and metrics are inferred beside either', async () => {
    const { run } = await session();
    await run((model) =>
      model.checkpoint(1, async (cp) => {
        await block()(cp);
        // @ts-expect-error One of the two is needed.
        await expect(cp.train(data, { batchSize: 8 })).rejects.toThrow('epochs');
        // @ts-expect-error Not both.
        await expect(cp.train(data, { epochs: 1, untilEpoch: 2 })).rejects.toThrow('epochs');
        const { history } = await cp.train(data, val, {
          untilEpoch: 1,
          metrics: [meanAbsoluteError()],
          watch: 'mae',
        });
        const value: number | undefined = history[0]?.val?.mae;
        expect(value).toBeGreaterThan(0);
        const wrong = cp.train(data, val, {
          untilEpoch: 2,
          metrics: [meanAbsoluteError()],
          // @ts-expect-error No such metric.
          watch: 'accuracy',
        });
        await expect(wrong).rejects.toThrow('watch');
      }),
    );
  });
});
