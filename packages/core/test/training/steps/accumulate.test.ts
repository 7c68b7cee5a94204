import { describe, expect, test } from 'vitest';
import {
  meanAbsoluteError,
  metric,
  parseFindLrOptions,
  parseTrainOptions,
  reduceOnPlateau,
  sgd,
  stepLR,
  type TrainingState,
} from '../../../src/index.js';
import { findLr } from '../../../src/training/find-lr/find-lr.js';
import { train } from '../../../src/training/train.js';
import { context, linearNet, numbers } from '../linear-net.js';
import { line, trainingState } from '../support.js';

// Eleven: with batches of two, and three of them a step, an epoch is two steps, of six samples and of five.
const xs = [-2, -1, -0.5, 0.5, 1, 1.5, 2, 2.5, -1.5, 0.25, 3];
const data = { train: line(xs), validation: null };

async function trained(
  options: object,
  state: TrainingState = trainingState({ optimizer: sgd({ lr: 0.1, momentum: 0.5 }) }),
) {
  const net = linearNet();
  const ctx = context(net);
  const settings = parseTrainOptions({ epochs: 3, metrics: [meanAbsoluteError()], ...options }, { validation: false });
  const { result, state: after } = await train(ctx, state, data, settings);
  return { net, result, after, end: numbers(net.capture().net) };
}

describe('batches that make one update together', () => {
  test('come to what batches of so many times the size do, the smaller last one of an epoch too', async () => {
    const several = await trained({ batchSize: 2, accumulate: 3 });
    const whole = await trained({ batchSize: 6 });
    for (const name of ['w', 'b']) expect(several.end[name]).toBeCloseTo(whole.end[name]!, 12);
    several.result.history.forEach(({ train: scores }, epoch) => {
      const { loss, mae } = whole.result.history[epoch]!.train;
      expect(scores.loss).toBeCloseTo(loss, 12);
      expect(scores['mae']).toBeCloseTo(mae!, 12);
    });
    expect(several.net.steps).toHaveLength(3 * 6);
  });

  test('are one step: it is counted, and schedulers move, by updates', async () => {
    const state = trainingState({ optimizer: sgd({ lr: 0.1 }), stepScheduler: stepLR({ stepSize: 1, gamma: 0.5 }) });
    const { net, after, result } = await trained({ batchSize: 2, accumulate: 3 }, state);
    expect(after.loop).toEqual({ epoch: 3, step: 6 });
    expect(after.stepScheduler?.state).toEqual({ count: 6 });
    expect(result.history.map(({ lr }) => lr)).toEqual([1, 3, 5].map((count) => 0.1 * 0.5 ** count));
    expect(net.steps.map(({ step, part }) => [step, part])).toEqual(
      [0, 1, 2, 3, 4, 5].flatMap((step) => [0, 1, 2].map((part) => [step, part])),
    );
  });

  test('have one loss for what looks at steps: the mean over their samples', async () => {
    const seen: number[] = [];
    const plateau = reduceOnPlateau({ monitor: 'train_loss', patience: 0, factor: 0.5 });
    const lrs = async (options: object): Promise<readonly number[]> => {
      const { result } = await trained(
        { epochs: 6, shuffle: false, ...options },
        trainingState({ optimizer: sgd({ lr: 0.3 }), stepScheduler: plateau }),
      );
      return result.history.map(({ lr }) => lr);
    };
    seen.push(...(await lrs({ batchSize: 2, accumulate: 3 })));
    expect(seen).toEqual(await lrs({ batchSize: 6 }));
    expect(new Set(seen).size).toBeGreaterThan(2);
  });

  test('end together where training is stopped: no batch of a step is lost', async () => {
    const abort = new AbortController();
    let batches = 0;
    const stopping = metric(
      'stopping',
      {
        mode: 'min',
        init: () => 0,
        update: (acc) => {
          if (++batches === 4) abort.abort(new Error('enough'));
          return acc;
        },
        result: (acc) => acc,
      },
      { key: 'stops' },
    );
    const net = linearNet();
    const ended: number[] = [];
    const course = {
      from: null,
      due: () => false,
      take: async () => false,
      stepped: () => undefined,
      ends: ({ training, release }: { training: TrainingState; release(): void }) => {
        ended.push(training.loop.step);
        release();
        return true;
      },
    };
    const settings = parseTrainOptions(
      { epochs: 3, batchSize: 2, accumulate: 3, metrics: [stopping] },
      { validation: false },
    );
    const run = train(context(net, { signal: abort.signal }), trainingState(), data, settings, course);
    await expect(run).rejects.toThrow('enough');
    // The fourth batch is the first of the second step, which has six samples less one.
    expect(net.steps).toHaveLength(6);
    expect(ended).toEqual([2]);
  });

  test('whose loss is no number are told by their step', async () => {
    const run = trained({ batchSize: 2, accumulate: 3, epochs: 5 }, trainingState({ optimizer: sgd({ lr: 1e200 }) }));
    await expect(run).rejects.toMatchObject({ code: 'LOSS_NOT_FINITE', epoch: 0, step: 1 });
  });

  test('sweep the learning rate, too', async () => {
    const sweep = async (options: object) => {
      const net = linearNet();
      const settings = parseFindLrOptions({ steps: 2, shuffle: false, minLr: 1e-3, maxLr: 1e-2, ...options });
      return findLr(context(net), trainingState(), data.train, settings);
    };
    const [several, whole] = [await sweep({ batchSize: 2, accumulate: 3 }), await sweep({ batchSize: 6 })];
    expect(several.lrs).toEqual(whole.lrs);
    several.losses.forEach((loss, i) => expect(loss).toBeCloseTo(whole.losses[i]!, 12));
  });

  test.each([0, -1, 1.5, '4'])('are a whole number from 1: %s is refused', (accumulate) => {
    expect(() => parseTrainOptions({ epochs: 1, accumulate }, { validation: false })).toThrow(/accumulate/);
    expect(() => parseFindLrOptions({ accumulate })).toThrow(/accumulate/);
  });
});
