import { derive } from '../replay/derive.js';
import type { Lane } from './lane.js';
import type { Runtime } from './runtime.js';
import { componentsIn, portableIn, stateFile } from './state-file.js';

/**
 * Puts a block in the state that a file holds: its first op, recorded by the digest of the file. Moves the lane.
 * @throws RepriseError `FILE_IO`, `FILE_FORMAT`, `NET_CHANGED`
 */
export async function loadStateInBlock(runtime: Runtime, lane: Lane, path: string): Promise<void> {
  const { store, host, tensorFiles: files, description: net, hparams } = runtime;
  const { head } = lane;
  const { root, net: recipe } = head.op.components;
  const file = await stateFile(path, await portableIn(path, files), { files, store, net, recipe, hparams });
  const { manifest: state } = file.state;
  const { place, position } = lane.next('load', '');
  const op = await derive(store, () => host.now(), {
    place,
    position,
    head,
    fields: { state: file.digest },
    get observed() {
      return file.outline();
    },
    components: { net: recipe, root, ...componentsIn(state) },
    provenance: host.provenance,
    result: { epoch: state.loop.epoch, step: state.loop.step },
    manifest: () => file.manifest(),
    storeTensors: () => file.store(),
  });
  lane.derived(op);
}
