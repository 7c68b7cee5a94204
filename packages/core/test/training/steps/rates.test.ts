import { describe, expect, test } from 'vitest';
import {
  cosine,
  exponentialLR,
  freshScheduler,
  groups,
  nextLr,
  oneCycle,
  parseFindLrOptions,
  parseTrainOptions,
  ratesByGroup,
  sgd,
  stepLR,
} from '../../../src/index.js';
import { findLr } from '../../../src/training/find-lr/find-lr.js';
import { train } from '../../../src/training/train.js';
import { context, linearNet } from '../linear-net.js';
import { line, trainingState } from '../support.js';

const xs = [-2, -1, 0.5, 1];
const data = { train: line(xs), validation: null };
const optimizer = sgd({ lr: 0.02, groups: [{ parameters: ['w'], lr: 0.005 }] });

describe('the rates of groups', () => {
  test('are moved by schedulers each from where it begins, as in PyTorch', async () => {
    const net = linearNet();
    const state = trainingState({
      optimizer,
      epochScheduler: stepLR({ stepSize: 1, gamma: 0.5 }),
      stepScheduler: exponentialLR({ gamma: 0.9 }),
    });
    const settings = parseTrainOptions({ epochs: 2, batchSize: 2 }, { validation: false });
    const { result } = await train(context(net), state, data, settings);
    const factors = [1, 0.9, 0.5 * 0.9 ** 2, 0.5 * 0.9 ** 3];
    net.steps.forEach(({ lr, rates }, i) => {
      expect(lr).toBeCloseTo(0.02 * factors[i]!, 15);
      expect(rates![0]).toBe(lr);
      expect(rates![1]).toBeCloseTo(0.005 * factors[i]!, 15);
    });
    // A history has the first one's: of what no group names.
    expect(result.history.map(({ lr }) => lr)).toEqual([net.steps[1]!.lr, net.steps[3]!.lr]);
  });

  test('are told by name, for one step after the other', () => {
    const description = linearNet().description;
    const schedulers = { epochScheduler: freshScheduler(cosine({ tMax: 4, etaMin: 0.001 })), stepScheduler: null };
    const at = (count: number) => ({
      ...schedulers,
      epochScheduler: { ...schedulers.epochScheduler, state: { count } },
    });
    for (const t of [0, 1, 3]) {
      const expected = (lr: number): number => 0.001 + ((lr - 0.001) * (1 + Math.cos((Math.PI * t) / 4))) / 2;
      const { default: rest, w } = ratesByGroup(optimizer, description, at(t));
      expect(rest).toBeCloseTo(expected(0.02), 15);
      expect(w).toBeCloseTo(expected(0.005), 15);
    }
    expect(ratesByGroup(sgd({ lr: 0.3 }), description, { epochScheduler: null, stepScheduler: null })).toEqual({
      default: 0.3,
    });
    const own = groups({ w: sgd({ lr: 1 }), '*': sgd({ lr: 2 }) });
    expect(ratesByGroup(own, description, { epochScheduler: null, stepScheduler: null })).toEqual({ w: 1, '*': 2 });
  });

  test('are one under a schedule that sets the rate by itself', () => {
    const stepScheduler = freshScheduler(oneCycle({ maxLr: 1, totalSteps: 10 }));
    const { default: rest, w } = ratesByGroup(optimizer, linearNet().description, {
      epochScheduler: null,
      stepScheduler,
    });
    expect(rest).toBe(w);
    expect(rest).toBe(nextLr(0.02, null, stepScheduler));
  });

  test('are swept in proportion to where they begin', async () => {
    const net = linearNet();
    const settings = parseFindLrOptions({ optimizer, steps: 5, batchSize: 2, minLr: 1e-4, maxLr: 1e-2 });
    const { lrs } = await findLr(context(net), trainingState(), data.train, settings);
    expect([...lrs]).toEqual(net.steps.map(({ lr }) => lr));
    net.steps.forEach(({ lr, rates }) => expect(rates![1]! / lr).toBeCloseTo(0.25, 12));
  });

  test('can not be swept in proportion to none', async () => {
    const zero = sgd({ lr: 0, groups: [{ parameters: ['w'], lr: 1 }] });
    const settings = parseFindLrOptions({ optimizer: zero, steps: 5 });
    await expect(findLr(context(linearNet()), trainingState(), data.train, settings)).rejects.toThrow(
      /first group of the optimizer has the learning rate 0/,
    );
  });

  test('are not there where there is one group', async () => {
    const net = linearNet();
    await train(context(net), trainingState(), data, parseTrainOptions({ epochs: 1 }, { validation: false }));
    expect(net.steps.every(({ rates }) => rates === undefined)).toBe(true);
  });
});
