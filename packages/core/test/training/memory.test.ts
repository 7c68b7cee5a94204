import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { arrays, linearWarmup, metric, parseTrainOptions } from '../../src/index.js';
import { train } from '../../src/training/train.js';
import { context, linearNet } from './linear-net.js';
import { trainingState } from './support.js';

test('the loop holds on to nothing of a step that is over', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const seen: WeakRef<object>[] = [];
  const watching = metric('watching', {
    mode: 'min',
    init: () => 0,
    update: (acc, input) => {
      seen.push(new WeakRef(input), new WeakRef(input.outputs));
      return acc;
    },
    result: (acc) => acc,
  });
  const ones = new Float64Array(500).fill(1);
  const options = parseTrainOptions({ epochs: 4, batchSize: 1, metrics: [watching] }, { validation: false });
  const state = trainingState({ stepScheduler: linearWarmup({ steps: 10 }) });
  await train(context(linearNet()), state, { train: arrays({ input: ones, target: ones }), validation: null }, options);
  expect(seen).toHaveLength(4000);
  // References that were read or made in this turn are kept until it ends.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(seen.filter((ref) => ref.deref() !== undefined).length).toBeLessThan(10);
});
