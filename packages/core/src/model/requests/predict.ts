import { encode } from '../../codec/index.js';
import { parsePredictInput, parsePredictOptions } from '../../training/predict/options.js';
import type { Plain } from '../../values/plain.js';
import { splitKeyedOptions } from '../call-options.js';
import type { Request } from '../request.js';
import type { Runtime } from '../runtime.js';

/** A predict call, checked, with what decides it: the data, or the one sample. */
export async function predictRequest(runtime: Runtime, data: unknown, options: unknown): Promise<Request> {
  const { own, signal, key } = splitKeyedOptions('predict()', options);
  const settings = parsePredictOptions(own);
  const input = parsePredictInput(data, runtime.description);
  const digest =
    input.kind === 'data'
      ? await runtime.fingerprint(input.data)
      : runtime.store.hasher.digest(encode(input.batch as unknown as Plain));
  return {
    kind: 'predict',
    fields: { data: digest, batchSize: settings.batchSize },
    observed: { progress: settings.progress },
    outline: () => runtime.outlines({ data: input.kind === 'data' ? input.data : null }),
    diverges: false,
    onDivergence: 'rerun',
    data: input.kind === 'data' ? [input.data] : [],
    signal,
    key,
    silent: settings.progress === 'silent',
    work: async (context, training) => {
      const { predict } = await import('../../training/predict/predict.js');
      return { result: (await predict(context, training, input, settings)) as unknown as Plain, moved: null };
    },
  };
}
