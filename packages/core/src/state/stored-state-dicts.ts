import { isTensor, type StateDict, type StateDicts } from '../callbacks/stateful.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { Plain } from '../values/plain.js';
import type { Tensor } from '../values/tensor.js';
import { loadTensor, storeTensor, type StoredTensor } from './tensor-store.js';

/** Statefuls' states in a manifest, by the names that they are kept under: tensors as a net's are, the rest in place. */
export type StoredStateDicts = {
  readonly [name: string]: {
    readonly tensors: { readonly [name: string]: StoredTensor };
    readonly data: { readonly [name: string]: Plain };
  };
};

/** Stores the tensors of states. Undefined where there are no states: a manifest then says nothing of them. */
export async function storeStateDicts(
  states: StateDicts | undefined,
  blobs: Pick<BlobStore, 'put'>,
): Promise<StoredStateDicts | undefined> {
  const entries = Object.entries(states ?? {});
  if (entries.length === 0) return undefined;
  return Object.fromEntries(
    await Promise.all(
      entries.map(async ([name, state]) => {
        const values = Object.entries(state);
        const tensors = values.filter((entry): entry is [string, Tensor] => isTensor(entry[1]));
        const data = values.filter((entry): entry is [string, Plain] => !isTensor(entry[1]));
        const stored = tensors.map(async ([key, tensor]) => [key, await storeTensor(tensor, blobs)] as const);
        return [
          name,
          { tensors: Object.fromEntries(await Promise.all(stored)), data: Object.fromEntries(data) },
        ] as const;
      }),
    ),
  );
}

/** @throws StoreError `BLOB_MISSING`, `BLOB_CORRUPT` */
export async function loadStateDicts(
  stored: StoredStateDicts | undefined,
  blobs: BlobStore,
): Promise<StateDicts | undefined> {
  if (stored === undefined) return undefined;
  return Object.fromEntries(
    await Promise.all(
      Object.entries(stored).map(async ([name, { tensors, data }]): Promise<[string, StateDict]> => {
        const loaded = Object.entries(tensors).map(
          async ([key, tensor]) => [key, await loadTensor(tensor, blobs)] as const,
        );
        return [name, { ...data, ...Object.fromEntries(await Promise.all(loaded)) }];
      }),
    ),
  );
}

/** The tensors of states in memory. */
export function tensorsIn(states: StateDicts | undefined): readonly Tensor[] {
  return Object.values(states ?? {}).flatMap((state) => Object.values(state).filter((value) => isTensor(value)));
}

export function tensorsOfStateDicts(stored: StoredStateDicts | undefined): readonly StoredTensor[] {
  return Object.values(stored ?? {}).flatMap(({ tensors }) => Object.values(tensors));
}
