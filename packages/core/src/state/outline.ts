import { encode } from '../codec/index.js';
import type { Hasher } from '../ports/hasher.js';
import type { Plain } from '../values/plain.js';
import { type Manifest, mapTensors } from './manifest.js';

/** What tells people where two states differ, by path: a digest for each tensor, and the rest as it is. */
export function stateOutline(manifest: Manifest, hasher: Hasher): { readonly [path: string]: Plain } {
  const tensors: { [path: string]: Plain } = {};
  mapTensors(manifest, (tensor, name, part) => {
    tensors[`state.${part === '' ? 'net' : part}.${name}`] = hasher.digest(encode(tensor));
  });
  const { loop, loss, optimizer, epochScheduler, stepScheduler } = manifest;
  return {
    ...tensors,
    'state.epoch': loop.epoch,
    'state.step': loop.step,
    'state.loss': loss?.kind ?? null,
    'state.optimizer': optimizer?.recipe.kind ?? null,
    'state.epochScheduler': epochScheduler?.recipe.kind ?? null,
    'state.stepScheduler': stepScheduler?.recipe.kind ?? null,
  };
}
