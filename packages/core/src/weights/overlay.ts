import type { Hasher } from '../ports/hasher.js';
import type { Manifest } from '../state/manifest.js';
import { nameTensor } from '../state/tensor-store.js';
import type { Tensors } from '../values/tensor.js';

/** A state with other weights: some or all. Optimizer, schedulers and the loop's position stay. Stores nothing. */
export function withWeights(manifest: Manifest, tensors: Tensors, hasher: Hasher): Manifest {
  const named = [...tensors].map(
    ([name, tensor]) => [name, nameTensor(tensor, (bytes) => hasher.digest(bytes))] as const,
  );
  const { net } = manifest;
  return { ...manifest, net: { ...net, tensors: { ...net.tensors, ...Object.fromEntries(named) } } };
}
