import {
  checkOptions,
  type Engine,
  type Model as CoreModel,
  type OpenOptions as CoreOpenOptions,
  loadModel,
  type LoadOptions as CoreLoadOptions,
  loadOptionNames,
  openModel,
  openOptionNames,
  type OpenParts,
  type Store,
} from '@reprise/core';
import { openStore } from '@reprise/store';
import { nodeHost } from './host/node-host.js';
import { commandFor, policyFromEnvironment } from './environment.js';
import { plotter } from './plots.js';
import { tensorFilesOnDisk } from './files/tensor-files.js';
import { folderOf } from './store-folder.js';

export interface OpenOptions<Hparams> extends CoreOpenOptions<Hparams> {
  /**
   * The folder of the store, or a store that is open (which the caller then closes).
   * Default: the environment's `REPRISE_STORE`, else `.reprise` in the working directory.
   */
  readonly store?: string | Store;
}

export interface LoadOptions<Hparams> extends CoreLoadOptions<Hparams> {
  /** As in {@link OpenOptions}: what is done with the model is recorded there. The file is read without one. */
  readonly store?: string | Store;
}

/** Options can be left out where the builder takes no hparams. */
export type OpenArguments<Hparams> = unknown extends Hparams
  ? readonly [options?: OpenOptions<Hparams>]
  : undefined extends Hparams
    ? readonly [options?: OpenOptions<Hparams>]
    : readonly [options: OpenOptions<Hparams> & { readonly hparams: Hparams }];

export type Model = CoreModel;

/** Where models are opened. */
export const Model: {
  /**
   * Opens a model, new or recorded. Builds the net's description and looks its root up; loads no engine and reads no tensor.
   * @param id names the model in its store
   * @param engine builds the net, such as `onnx((h) => nn.sequential({ … }))`
   * @throws OptionError; EngineError where the net can't be built; StoreError; InstallError
   */
  open<Hparams>(id: string, engine: Engine<Hparams>, ...options: OpenArguments<NoInfer<Hparams>>): Promise<Model>;
  /**
   * Opens a model that goes on from a file that `model.save` has written, without the store that the file comes from. The builder is handed the hparams in the
   * file; functions of yours (a loss, a schedule) are not in it, and are given by `setup` again. The file's state is the root, which the model begins at.
   * @param path of a safetensors file; relative to the working directory
   * @param options `id` names the model in the store: the file's name, unless given
   * @throws OptionError; RepriseError `FILE_IO`, `FILE_FORMAT`, `NET_CHANGED` where the net is another one; StoreError; InstallError
   */
  load<Hparams>(path: string, engine: Engine<Hparams>, options?: LoadOptions<NoInfer<Hparams>>): Promise<Model>;
} = {
  async open<Hparams>(id: string, engine: Engine<Hparams>, ...given: OpenArguments<NoInfer<Hparams>>) {
    const options: OpenOptions<Hparams> = given[0] ?? {};
    checkOptions('Model.open()', options, ['store', ...openOptionNames]);
    const { store, ...rest } = options;
    return inStore(store, (parts) => openModel(id, engine, rest, parts));
  },

  async load<Hparams>(path: string, engine: Engine<Hparams>, options: LoadOptions<NoInfer<Hparams>> = {}) {
    checkOptions('Model.load()', options, ['store', ...loadOptionNames]);
    const { store, ...rest } = options;
    return inStore(store, (parts) => loadModel<Hparams>(path, engine, rest, parts));
  },
};

/** Opens something over a store: that of a folder, which is then closed with it, or one that is open. */
async function inStore(
  store: string | Store = folderOf(process.env),
  open: (parts: OpenParts) => Promise<Model>,
): Promise<Model> {
  const onDivergence = policyFromEnvironment();
  const ownsStore = typeof store === 'string';
  const opened = ownsStore ? await openStore(store) : store;
  try {
    const command = commandFor(opened.location);
    const tensorFiles = tensorFilesOnDisk();
    return await open({ store: opened, host: nodeHost(), plotter, tensorFiles, ownsStore, onDivergence, command });
  } catch (error) {
    if (ownsStore) await opened.close();
    throw error;
  }
}
