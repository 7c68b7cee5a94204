import { type Block, type CachedNet, type Dataset, type Handle, meanAbsoluteError } from '@reprise/core';
import type { CachedCall } from './script.js';

type ScoreArguments = { readonly data: Dataset; readonly times: number };

/** A `cached` call: each function is written in two ways, which have to count as one. */
export function scoreOf(
  on: Block | Handle,
  { name, fn, times, plus, style }: CachedCall,
  data: Dataset,
  common: { readonly signal?: AbortSignal },
): Promise<unknown> {
  const metrics = [meanAbsoluteError()] as const;
  if (fn === 'sum') {
    return on.cached(name, { times }, ({ times: count }) => count * 2 + plus, { deps: { plus }, ...common });
  }
  const written = [
    async ({ data: samples, times: count }: ScoreArguments, net: CachedNet) => {
      const { mae } = await net.evaluate(samples, { loss: null, metrics });
      return { mae: mae * count + plus };
    },
    async ({ data: given, times: factor }: ScoreArguments, live: CachedNet) => {
      // The same with other names.
      const { mae } = await live.evaluate(given, { loss: null, metrics });
      return { mae: mae * factor + plus };
    },
  ];
  return on.cached(name, { data, times }, written[style] as (typeof written)[0], {
    deps: { plus, metrics },
    ...common,
  });
}
