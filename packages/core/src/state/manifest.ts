import { averagesKey, withoutCallbacks } from '../callbacks/stateful.js';
import { decode, encode } from '../codec/index.js';
import { RepriseError } from '../errors/base.js';
import type { Digest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import type { StoredRecipe } from './stored-recipe.js';
import { type StoredStateDicts, tensorsOfStateDicts } from './stored-state-dicts.js';
import { blobsOf, type StoredTensor } from './tensor-store.js';

/** The version of the layout below. A change of it changes every state's digest. */
export const manifestVersion = 1;

export interface StoredScheduler {
  readonly recipe: StoredRecipe;
  readonly state: { readonly [name: string]: Plain };
}

/**
 * A state, as data: everything that is needed to go on exactly. Its encoded bytes are a blob, and their digest names the state.
 * It holds no time, host or version, so that equal work gives equal digests.
 */
export interface Manifest {
  readonly version: typeof manifestVersion;
  readonly net: {
    /** Digest of the net's description. */
    readonly recipe: Digest;
    /** Whether parameters that `tensors` lacks are still those that the seed stands for. */
    readonly fresh: boolean;
    readonly tensors: { readonly [name: string]: StoredTensor };
  };
  readonly loss: StoredRecipe | null;
  readonly optimizer: {
    readonly recipe: StoredRecipe;
    /** Null while fresh: no step has been taken since setup. */
    readonly state: {
      readonly tensors: { readonly [name: string]: StoredTensor };
      readonly scalars: { readonly [name: string]: number };
    } | null;
  } | null;
  readonly epochScheduler: StoredScheduler | null;
  readonly stepScheduler: StoredScheduler | null;
  readonly loop: { readonly epoch: number; readonly step: number };
  readonly rng: { readonly seed: number };
  /** Left out where there is none. */
  readonly statefuls?: StoredStateDicts;
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  return encode(manifest as unknown as Plain);
}

/** @throws RepriseError `FORMAT_VERSION` where a later reprise wrote it, `STORE_CORRUPT` where it isn't a manifest. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const value = decode(bytes) as unknown as Omit<Manifest, 'version'> & { readonly version: number };
  if (typeof value !== 'object' || value === null || typeof value.version !== 'number' || value.net === undefined) {
    throw new RepriseError('STORE_CORRUPT', "A blob that a record names as a state isn't a state's manifest.");
  }
  if (value.version !== manifestVersion) {
    throw new RepriseError(
      'FORMAT_VERSION',
      `This state has format ${value.version}; this version of reprise reads format ${manifestVersion}. Install a newer reprise.`,
    );
  }
  return { ...value, version: manifestVersion };
}

/**
 * The state of a training that goes back to an earlier net: net and optimizer of that one, schedulers and the loop's position where they are.
 * Null where its tensors are still those of a seed, which a state that was trained spells out.
 */
export function wentBack(last: Manifest, to: Manifest): Manifest | null {
  if (to.net.fresh || to.optimizer?.state === null) return null;
  const optimizer = last.optimizer && { recipe: last.optimizer.recipe, state: to.optimizer?.state ?? null };
  return { ...last, net: to.net, optimizer };
}

/** The tensors of a part of a state, by name. */
type TensorsOfPart<T> = { readonly [name: string]: T };

/** A state with something else in the place of each of its tensors. */
export type ManifestWith<T> = Omit<Manifest, 'net' | 'optimizer' | 'statefuls'> & {
  readonly net: Omit<Manifest['net'], 'tensors'> & { readonly tensors: TensorsOfPart<T> };
  readonly optimizer:
    | (Omit<NonNullable<Manifest['optimizer']>, 'state'> & {
        readonly state: {
          readonly tensors: TensorsOfPart<T>;
          readonly scalars: { readonly [name: string]: number };
        } | null;
      })
    | null;
  readonly statefuls?: {
    readonly [name: string]: { readonly tensors: TensorsOfPart<T>; readonly data: { readonly [name: string]: Plain } };
  };
};

/**
 * Puts something else in the place of each tensor of a state.
 * @param to told the tensor's name, and which part of the state it is of: empty for the net
 */
export function mapTensors<T, U>(
  manifest: ManifestWith<T>,
  to: (tensor: T, name: string, part: string) => U,
): ManifestWith<U> {
  const all = (part: string, tensors: TensorsOfPart<T>): TensorsOfPart<U> =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, to(tensor, name, part)]));
  const { net, optimizer, statefuls, ...rest } = manifest;
  const registered = Object.entries(statefuls ?? {}).map(
    ([name, state]) => [name, { ...state, tensors: all(`statefuls/${name}`, state.tensors) }] as const,
  );
  return {
    ...rest,
    ...(statefuls === undefined ? {} : { statefuls: Object.fromEntries(registered) }),
    net: { ...net, tensors: all('', net.tensors) },
    optimizer: optimizer && {
      ...optimizer,
      state: optimizer.state && { ...optimizer.state, tensors: all('optimizer', optimizer.state.tensors) },
    },
  };
}

/** A state of a train under way, as it would be if the train had ended there: without what callbacks have, averages in the place of the parameters that they are of. */
export function withoutCallbackStates(manifest: Manifest): Manifest {
  const { statefuls, ...rest } = manifest;
  const others = withoutCallbacks(statefuls);
  const averages = statefuls?.[averagesKey]?.tensors;
  const net = averages === undefined ? rest.net : { ...rest.net, tensors: { ...rest.net.tensors, ...averages } };
  return { ...rest, net, ...(Object.keys(others).length === 0 ? {} : { statefuls: others }) };
}

/** Every blob that a manifest names, each once. */
export function blobsOfManifest(manifest: Manifest): readonly Digest[] {
  const tensors = [
    ...Object.values(manifest.net.tensors),
    ...Object.values(manifest.optimizer?.state?.tensors ?? {}),
    ...tensorsOfStateDicts(manifest.statefuls),
  ];
  return [...new Set(tensors.flatMap(blobsOf))];
}

/**
 * The blobs that the manifest of a state names, from its bytes: for a store that has to know what belongs to a state.
 * @throws RepriseError `FORMAT_VERSION`, `STORE_CORRUPT`, `UNDECODABLE_BYTES` where they are no manifest
 */
export function blobsOfState(manifest: Uint8Array): readonly Digest[] {
  return blobsOfManifest(decodeManifest(manifest));
}
