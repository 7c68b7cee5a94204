import { expect, test } from 'vitest';
import { fingerprintFunction } from '../../src/functions/fingerprint.js';
import { type FunctionOptions, userFunction } from '../../src/functions/user-function.js';
import { binaryAccuracy } from '../../src/metrics/accuracy.js';
import { type Metric, metric } from '../../src/metrics/metric.js';
import type { Digest } from '../../src/values/digest.js';
import { hasher } from './digests.js';

/** The digest of a function that uses these metrics. */
const using = (...metrics: readonly Metric[]): Promise<Digest> =>
  fingerprintFunction(
    userFunction(() => metrics.length, { deps: { metrics } }),
    hasher,
  );

const counting = (by: number, options: FunctionOptions): Metric =>
  metric(
    'count',
    { mode: 'max', init: () => 0, update: (sum: number) => sum + by, result: (sum: number) => sum },
    options,
  );

test('a metric among the deps counts by its identity: its name and its arguments', async () => {
  expect(await using(binaryAccuracy())).toBe(await using(binaryAccuracy({ threshold: 0.5 })));
  expect(await using(binaryAccuracy())).not.toBe(await using(binaryAccuracy({ threshold: 0.6 })));
});

test("a metric of one's own among the deps counts by its functions and what they are given", async () => {
  expect(await using(counting(1, { deps: { by: 1 } }))).toBe(await using(counting(1, { deps: { by: 1 } })));
  expect(await using(counting(1, { deps: { by: 1 } }))).not.toBe(await using(counting(2, { deps: { by: 2 } })));
  await expect(using(counting(1, {}))).rejects.toThrow("uses 'by' from outside of it");
});
