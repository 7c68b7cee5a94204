import { objectiveNames } from '../components/objective-list.js';
import { monitorOf } from '../components/schedule.js';
import { RepriseError } from '../errors/base.js';
import type { NetDescription } from '../ports/engine.js';
import type { Store } from '../ports/store.js';
import type { TensorFiles } from '../ports/tensor-files.js';
import type { ComponentSummary } from '../replay/chain.js';
import { changes, describeChange, type Fields } from '../replay/fields.js';
import type { Manifest, ManifestWith } from '../state/manifest.js';
import { stateOutline } from '../state/outline.js';
import { storeTensor } from '../state/tensor-store.js';
import type { Digest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import { type Portable, readPortable, stateInFile } from '../weights/portable.js';
import { hparamsOutline, netOutline } from './net-outline.js';

/** What a file is read with, and the net that it has to be of. */
export interface FileReading {
  readonly files: TensorFiles;
  readonly store: Pick<Store, 'hasher' | 'blobs' | 'files'>;
  readonly net: NetDescription;
  readonly recipe: Digest;
  readonly hparams: Plain;
}

/** A whole state in a file that `model.save` has written. */
export interface StateFile {
  /** Of the file's bytes. */
  readonly digest: Digest;
  readonly state: NonNullable<Portable['state']>;
  /** Reads it, once. @throws RepriseError `FILE_FORMAT` where its bytes are not those of the state that it says */
  manifest(): Promise<Manifest>;
  /** What tells people where it differs from another one; empty before it was read. */
  outline(): Fields;
  /** Stores its tensors. */
  store(): Promise<void>;
}

/**
 * Opens a file for the state in it. Reads its header; the tensors when they are asked for.
 * @throws RepriseError `FILE_IO`, `FILE_FORMAT`, `NET_CHANGED` where it is another net's
 */
export async function stateFile(path: string, portable: Portable, reading: FileReading): Promise<StateFile> {
  const { files, store, recipe } = reading;
  const { model, state } = portable;
  if (state === null) throw weightsOnly(path);
  if (model.net !== recipe) throw otherNet(path, model, reading);
  const { hasher, blobs } = store;
  const digest = await files.digest(path, store);
  let read: ReturnType<typeof stateInFile> | null = null;
  const content = async (): Promise<ReturnType<typeof stateInFile>> =>
    (read ??= stateInFile(path, state, await files.read(path, hasher), hasher));
  return {
    digest,
    state,
    manifest: async () => (await content()).manifest,
    outline: () => (read === null ? {} : stateOutline(read.manifest, hasher)),
    store: async () => {
      await Promise.all((await content()).tensors.map((tensor) => storeTensor(tensor, blobs)));
      read = null;
    },
  };
}

/** What a file says, its tensors left alone. @throws RepriseError `FILE_IO`, `FILE_FORMAT` where it holds no state */
export async function portableIn(path: string, files: TensorFiles): Promise<Portable> {
  const portable = readPortable(path, await files.texts(path));
  if (portable === null) throw noState(path);
  return portable;
}

/** What later calls must know of a state before its tensors are read. */
export function componentsIn({
  loss,
  optimizer,
  epochScheduler,
  stepScheduler,
}: ManifestWith<unknown>): Omit<ComponentSummary, 'net' | 'root'> {
  const objectives = objectiveNames(loss);
  return {
    loss: loss?.kind ?? null,
    ...(objectives.length === 0 ? {} : { objectives }),
    optimizer: optimizer?.recipe.kind ?? null,
    epochMonitor: epochScheduler && monitorOf(epochScheduler.recipe),
    stepMonitor: stepScheduler && monitorOf(stepScheduler.recipe),
  };
}

function noState(path: string): RepriseError {
  return new RepriseError(
    'FILE_FORMAT',
    `${path} holds tensors and no state: model.save() did not write it. Take its weights alone, with weightsOnly: true, or by ` +
      'Model.open(id, engine, { weights: path }).',
  );
}

function weightsOnly(path: string): RepriseError {
  return new RepriseError(
    'FILE_FORMAT',
    `${path} holds a net's weights and no more: it was saved with weightsOnly. Load them into a state with cp.loadWeights('${path}').`,
  );
}

function otherNet(path: string, { outline, hparams: saved }: Portable['model'], reading: FileReading): RepriseError {
  const { net, hparams } = reading;
  const built = { ...hparamsOutline(hparams), ...netOutline(net) };
  const differ = changes({ ...hparamsOutline(saved), ...outline }, built).map(describeChange);
  const some = differ.length > 8 ? [...differ.slice(0, 8), `and ${differ.length - 8} more`] : differ;
  return new RepriseError(
    'NET_CHANGED',
    `The state in ${path} is that of another net than the builder builds: ${some.join(', ')} (file → built). ` +
      'Leave out the hparams that differ, or mend the builder; its weights alone go into another net: Model.load with weightsOnly: true, or cp.loadWeights.',
  );
}
