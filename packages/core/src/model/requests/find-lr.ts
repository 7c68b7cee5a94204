import { recipeFields } from '../../replay/fields.js';
import { clipFields } from '../../training/clip.js';
import { parseFindLrOptions, sweepFields } from '../../training/find-lr/options.js';
import type { Plain } from '../../values/plain.js';
import { checkData, type Data, splitKeyedOptions } from '../call-options.js';
import type { Request } from '../request.js';
import type { Runtime } from '../runtime.js';

/** A findLr call, checked, with what decides it: everything but how it shows its progress. */
export async function findLrRequest(runtime: Runtime, data: Data, options: unknown): Promise<Request> {
  const { own, signal, key } = splitKeyedOptions('findLr()', options);
  checkData('findLr()', 'the training data', data);
  const settings = parseFindLrOptions(own, { stream: 'open' in data });
  const { optimizer, loss, sweep, smoothing, stopFactor, accumulate, clip, progress, ...numbers } = settings;
  const { functions } = runtime;
  return {
    kind: 'findLr',
    fields: {
      data: await runtime.fingerprint(data),
      ...numbers,
      // Calls that were recorded before there was such an option keep their fingerprints.
      ...(accumulate === 1 ? {} : { accumulate }),
      ...clipFields(clip),
      ...sweepFields({ sweep, smoothing, stopFactor }),
      ...(optimizer && recipeFields('optimizer', await functions.store(optimizer))),
      ...(loss && recipeFields('loss', await functions.store(loss))),
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
      const { findLr } = await import('../../training/find-lr/find-lr.js');
      return { result: (await findLr(context, training, data, settings)) as unknown as Plain, moved: null };
    },
  };
}
