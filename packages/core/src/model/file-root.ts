import { monitorOf } from '../components/schedule.js';
import { RepriseError } from '../errors/base.js';
import type { ComponentSummary } from '../replay/chain.js';
import type { Derivation } from '../replay/derive.js';
import { changes, describeChange, type Fields, fingerprintOf } from '../replay/fields.js';
import type { Manifest, ManifestWith } from '../state/manifest.js';
import { stateOutline } from '../state/outline.js';
import { storeTensor } from '../state/tensor-store.js';
import type { Digest } from '../values/digest.js';
import { type Portable, stateInFile } from '../weights/portable.js';
import { hparamsOutline } from './net-outline.js';
import { observedOf, type OpenedNet, rootOf } from './root.js';

type State = NonNullable<Portable['state']>;

/**
 * The root of a model that goes on from a file. Decided by the state that the file holds, not by its bytes. They are read where the store doesn't know that
 * these very bytes hold it.
 * @throws RepriseError `NET_CHANGED` where the file is another net's, `FILE_FORMAT`, `FILE_IO`
 */
export async function fileRoot(
  opened: OpenedNet,
  path: string,
  { model }: Portable,
  state: State,
): Promise<Derivation> {
  const { store, recipe, files } = opened;
  if (model.net !== recipe) throw otherNet(opened, path, model);
  const { hasher, blobs, log } = store;
  const fields: Fields = { net: recipe, seed: state.manifest.rng.seed, state: state.digest };
  const file: Digest = await files.digest(path, store);
  let read: ReturnType<typeof stateInFile> | null = null;
  const content = async (): Promise<ReturnType<typeof stateInFile>> =>
    (read ??= stateInFile(path, state, await files.read(path, hasher), hasher));
  const known = await log.record(fingerprintOf(hasher, { kind: 'open', name: '', fields, before: null }));
  // What a header says of its tensors is not believed: somebody may have changed them.
  if (known?.observed['file'] !== file) await content();
  return {
    ...rootOf(opened, componentsIn(state.manifest)),
    fields,
    get observed() {
      return { ...observedOf(opened), file, ...(read === null ? {} : stateOutline(read.manifest, hasher)) };
    },
    manifest: async (): Promise<Manifest> => (await content()).manifest,
    storeTensors: async () => {
      await Promise.all((await content()).tensors.map((tensor) => storeTensor(tensor, blobs)));
      read = null;
    },
  };
}

/** What later calls must know of a state before its tensors are read. */
export function componentsIn({
  loss,
  optimizer,
  epochScheduler,
  stepScheduler,
}: ManifestWith<unknown>): Omit<ComponentSummary, 'net' | 'root'> {
  return {
    loss: loss?.kind ?? null,
    optimizer: optimizer?.recipe.kind ?? null,
    epochMonitor: epochScheduler && monitorOf(epochScheduler.recipe),
    stepMonitor: stepScheduler && monitorOf(stepScheduler.recipe),
  };
}

/** @throws RepriseError `NET_CHANGED` */
function otherNet(opened: OpenedNet, path: string, { outline, hparams }: Portable['model']): RepriseError {
  const differ = changes({ ...hparamsOutline(hparams), ...outline }, observedOf(opened)).map(describeChange);
  const some = differ.length > 8 ? [...differ.slice(0, 8), `and ${differ.length - 8} more`] : differ;
  return new RepriseError(
    'NET_CHANGED',
    `The state in ${path} is that of another net than the builder builds: ${some.join(', ')} (file → built). ` +
      'Leave out the hparams that differ, or mend the builder; its weights alone go into another net with weightsOnly: true.',
  );
}
