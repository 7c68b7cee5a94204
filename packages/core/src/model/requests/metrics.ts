import { encode } from '../../codec/index.js';
import type { Metric } from '../../metrics/metric.js';
import type { Digest } from '../../values/digest.js';
import type { Plain } from '../../values/plain.js';
import type { Runtime } from '../runtime.js';

/** A digest of all that decides a metric's figure. */
export async function metricDigest({ functions, store }: Runtime, metric: Metric): Promise<Digest> {
  return store.hasher.digest(encode((await functions.store(metric.identity)) as unknown as Plain));
}
