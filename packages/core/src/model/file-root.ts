import type { Derivation } from '../replay/derive.js';
import { type Fields, fingerprintOf } from '../replay/fields.js';
import type { Portable } from '../weights/portable.js';
import { observedOf, type OpenedNet, rootOf } from './root.js';
import { componentsIn, stateFile } from './state-file.js';

/**
 * The root of a model that goes on from a file. Decided by the state that the file holds, not by its bytes. They are read where the store doesn't know that
 * these very bytes hold it.
 * @throws RepriseError `NET_CHANGED` where the file is another net's, `FILE_FORMAT`, `FILE_IO`
 */
export async function fileRoot(opened: OpenedNet, path: string, portable: Portable): Promise<Derivation> {
  const { store, recipe } = opened;
  const file = await stateFile(path, portable, opened);
  const { state, digest } = file;
  const fields: Fields = { net: recipe, seed: state.manifest.rng.seed, state: state.digest };
  const fingerprint = fingerprintOf(store.hasher, { kind: 'open', name: '', fields, before: null });
  const known = await store.log.record(fingerprint);
  // What a header says of its tensors is not believed: somebody may have changed them.
  if (known?.observed['file'] !== digest) await file.manifest();
  return {
    ...rootOf(opened, componentsIn(state.manifest)),
    fields,
    get observed() {
      return { ...observedOf(opened), file: digest, ...file.outline() };
    },
    manifest: () => file.manifest(),
    storeTensors: () => file.store(),
  };
}
