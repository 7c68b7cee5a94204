import { type Head, publishChain } from '../replay/chain.js';
import { type CapturedState, readManifest } from '../state/capture.js';
import { encodeManifest, type Manifest, withoutCallbackStates } from '../state/manifest.js';
import { loadTensor } from '../state/tensor-store.js';
import type { StateDigest } from '../values/digest.js';
import type { Tensor } from '../values/tensor.js';
import {
  portableContent,
  type PortableContent,
  type PortableModel,
  readPortable,
  weightsContent,
} from '../weights/portable.js';
import { netOutline } from './net-outline.js';
import type { Runtime } from './runtime.js';

/** A recorded state as the bytes of a file. Reads it; loads the engine only where its net is still that of a seed. */
export async function portableAt(runtime: Runtime, head: Head, weightsOnly: boolean): Promise<Uint8Array> {
  const { states, store } = runtime;
  // What is not logged yet may not be in the store.
  await publishChain(head.op);
  const net = await states.netOf(head);
  const manifest = await states.manifestOf(head);
  const model = await modelOf(runtime, manifest);
  return encoded(
    runtime,
    weightsOnly
      ? weightsContent(model, net, store.hasher)
      : await portableContent(model, head.state, manifest, net, store.hasher, (stored) =>
          loadTensor(stored, store.blobs),
        ),
  );
}

/**
 * A stored state that was trained, as the bytes of a file. Reads it, without the engine.
 * @throws StoreError `BLOB_MISSING`, `BLOB_CORRUPT`
 */
export async function portableState(runtime: Runtime, state: StateDigest, weightsOnly: boolean): Promise<Uint8Array> {
  const { blobs, hasher } = runtime.store;
  const manifest = withoutCallbackStates(await readManifest(state, blobs));
  const entries = Object.entries(manifest.net.tensors).map(
    async ([name, stored]) => [name, await loadTensor(stored, blobs)] as const,
  );
  const net = new Map(await Promise.all(entries));
  const model = await modelOf(runtime, manifest);
  if (weightsOnly) return encoded(runtime, weightsContent(model, net, hasher));
  const digest = hasher.digest(encodeManifest(manifest)) as StateDigest;
  return encoded(
    runtime,
    await portableContent(model, digest, manifest, net, hasher, (stored) => loadTensor(stored, blobs)),
  );
}

/** Whether a file was written by this model. */
export async function isOf({ tensorFiles, model }: Runtime, path: string): Promise<boolean> {
  try {
    return readPortable(path, await tensorFiles.texts(path))?.model.id === model;
  } catch {
    // What can't be read as one is none.
    return false;
  }
}

/** A captured state as the bytes of a file. It need not be stored. */
export async function portableOf(runtime: Runtime, captured: CapturedState, weightsOnly: boolean): Promise<Uint8Array> {
  const { live, store } = runtime;
  const { net, optimizer } = captured.engine;
  // What callbacks keep is of the train that they are in.
  const manifest = withoutCallbackStates(await live.nameState(captured));
  const model = await modelOf(runtime, manifest);
  if (weightsOnly) return encoded(runtime, weightsContent(model, net, store.hasher));
  const digest = store.hasher.digest(encodeManifest(manifest)) as StateDigest;
  const tensorOf = (name: string, part: string): unknown =>
    part === 'optimizer'
      ? optimizer?.tensors.get(name)
      : captured.training.statefuls?.[part.slice('statefuls/'.length)]?.[name];
  const content = await portableContent(
    model,
    digest,
    manifest,
    net,
    store.hasher,
    async (_, name, part) => tensorOf(name, part) as Tensor,
  );
  return encoded(runtime, content);
}

async function modelOf({ model, store, hparams, description }: Runtime, manifest: Manifest): Promise<PortableModel> {
  const row = await store.log.model(model);
  return {
    id: model,
    description: row?.description ?? '',
    hparams,
    seed: manifest.rng.seed,
    net: manifest.net.recipe,
    threads: row?.threads ?? null,
    outline: netOutline(description),
  };
}

function encoded({ tensorFiles }: Runtime, { tensors, texts }: PortableContent): Promise<Uint8Array> {
  return tensorFiles.encode(tensors, texts);
}
