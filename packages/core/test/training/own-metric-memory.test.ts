import { expect, test } from 'vitest';
import { arrays, batches, metric, type TensorData } from '../../src/index.js';
import { keepNothing } from '../../src/metrics/metric.js';
import { accuracy } from '../../src/metrics/accuracy.js';

const kept = metric('kept', {
  mode: 'max',
  init: (): TensorData[] => [],
  update: (all, { target }) => [...all, target.data],
  result: (all) => all.length,
});

test("one's own metric may keep what it was shown: a batch's memory is not used again", async () => {
  expect(keepNothing([accuracy()])).toBe(true);
  expect(keepNothing([accuracy(), kept])).toBe(false);
  const data = arrays({ target: Float32Array.from({ length: 12 }, (_, i) => i) });
  const plan = { batchSize: 4, shuffle: true, seed: 0, epoch: 0, signal: new AbortController().signal };
  const shown: TensorData[] = [];
  for await (const batch of batches(data, { ...plan, recycle: keepNothing([kept]) }))
    shown.push(batch.get('target')!.data);
  const numbers = shown.flatMap((part) => Array.from(part, Number)).toSorted((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: 12 }, (_, i) => i));
});
