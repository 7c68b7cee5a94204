import { encode } from '../../codec/index.js';
import { parsePredictInput, parsePredictOptions, predict } from '../../training/predict.js';
import type { Plain } from '../../values/plain.js';
import { splitCallOptions } from '../call-options.js';
import type { Request, Runtime } from '../runtime.js';

/** A predict call, checked, with what decides it: the data, or the one sample. */
export async function predictRequest(runtime: Runtime, data: unknown, options: unknown): Promise<Request> {
  const { own, signal } = splitCallOptions('predict()', options);
  const settings = parsePredictOptions(own);
  const input = parsePredictInput(data, runtime.description);
  const digest =
    input.kind === 'data'
      ? await runtime.fingerprint(input.data)
      : runtime.store.hasher.digest(encode(input.batch as unknown as Plain));
  return {
    kind: 'predict',
    fields: { data: digest, batchSize: settings.batchSize },
    observed: {},
    diverges: false,
    onDivergence: 'rerun',
    data: input.kind === 'data' ? [input.data] : [],
    signal,
    silent: settings.progress === 'silent',
    work: async (context, training) => {
      return { result: (await predict(context, training, input, settings)) as unknown as Plain, moved: null };
    },
  };
}
