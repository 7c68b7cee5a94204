import { recipeFields } from '../../replay/fields.js';
import { parseEvaluateOptions } from '../../training/evaluate/options.js';
import { figures } from '../../training/format.js';
import type { Plain } from '../../values/plain.js';
import { checkData, type Data, splitKeyedOptions } from '../call-options.js';
import type { Request } from '../request.js';
import type { Runtime } from '../runtime.js';
import { metricDigest } from './metrics.js';

/** An evaluate call, checked, with what decides it: the data, the metrics, and the loss where one is given. */
export async function evaluateRequest(runtime: Runtime, data: Data, options: unknown): Promise<Request> {
  const { own, signal, key } = splitKeyedOptions('evaluate()', options);
  checkData('evaluate()', 'the data', data);
  const settings = parseEvaluateOptions(own);
  const { loss, metrics, batchSize, progress } = settings;
  const digests = await Promise.all(
    metrics.map(async (metric) => [`metrics.${metric.name}`, await metricDigest(runtime, metric)] as const),
  );
  return {
    kind: 'evaluate',
    fields: {
      data: await runtime.fingerprint(data),
      // A loss or a metric of one's own, or a net that mixes samples, may depend on who is in a batch.
      batchSize,
      ...Object.fromEntries(digests),
      ...(loss === undefined ? {} : recipeFields('loss', loss && (await runtime.functions.store(loss)))),
    },
    observed: { progress },
    outline: () => runtime.outlines({ data }),
    diverges: false,
    onDivergence: 'rerun',
    data: [data],
    signal,
    key,
    silent: progress === 'silent',
    work: async (context, training) => {
      const { evaluate } = await import('../../training/evaluate/evaluate.js');
      const result = await evaluate(context, training, data, settings);
      context.line(figures(result));
      return { result: result as Plain, moved: null };
    },
  };
}
