import type { NetDescription } from '../ports/engine.js';
import type { Hasher } from '../ports/hasher.js';
import type { Store } from '../ports/store.js';
import type { Derivation } from '../replay/derive.js';
import type { Fields } from '../replay/fields.js';
import type { Manifest } from '../state/manifest.js';
import { storeTensor } from '../state/tensor-store.js';
import type { Digest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import { bytesOf, type Tensors } from '../values/tensor.js';
import { type Fitted, fitWeights } from './fit.js';
import { loadFields, type LoadSettings } from './load-options.js';
import { withWeights } from './overlay.js';
import type { WeightsSource } from './source.js';

/**
 * A load of weights as an op: decided by the digest of what they come from and by the options. The source is read where the store doesn't know the
 * call, and where its bytes have to be stored again.
 * @param before the state that they go into
 * @param at where the call stands
 * @param also what else decides the call, and is observed of it
 */
export function loadOp(
  where: string,
  source: WeightsSource,
  settings: LoadSettings,
  net: NetDescription,
  { hasher, blobs }: Pick<Store, 'hasher' | 'blobs'>,
  before: () => Promise<Manifest>,
  at: Omit<Derivation, 'fields' | 'manifest' | 'observed' | 'result' | 'storeTensors'>,
  also: { readonly fields: Fields; observed(): Fields } = { fields: {}, observed: () => ({}) },
): Derivation {
  let fitted: Fitted | null = null;
  let digests: Fields = {};
  let stored: readonly Digest[] | null = null;
  const read = async (): Promise<Fitted> => {
    if (fitted !== null) return fitted;
    const { tensors, report } = fitWeights(where, source.said, await source.given(), net.parameters, settings);
    fitted = { tensors: source.own(tensors), report };
    return fitted;
  };
  return {
    ...at,
    fields: { ...also.fields, weights: source.digest, ...loadFields(settings) },
    manifest: async () => {
      const { tensors } = await read();
      digests = digestsOf(tensors, hasher);
      return withWeights(await before(), tensors, hasher);
    },
    get observed() {
      return { ...also.observed(), ...digests };
    },
    get result() {
      return (fitted?.report ?? null) as unknown as Plain;
    },
    storeTensors: async () => {
      // Once stored they are pinned until something names them: the memory is free.
      if (stored !== null && (await blobs.pin(stored))) return;
      const { tensors } = await read();
      const named = await Promise.all([...tensors.values()].map((tensor) => storeTensor(tensor, blobs)));
      stored = named.flatMap((each) => ('parts' in each ? each.parts : []));
      fitted = null;
    },
  };
}

function digestsOf(tensors: Tensors, hasher: Hasher): Fields {
  return Object.fromEntries([...tensors].map(([name, { data }]) => [`weights.${name}`, hasher.digest(bytesOf(data))]));
}
