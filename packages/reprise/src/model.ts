import {
  checkOptions,
  type Engine,
  type Model as CoreModel,
  type OpenOptions as CoreOpenOptions,
  openModel,
  openOptionNames,
  type Store,
} from '@reprise/core';
import { openStore } from '@reprise/store';
import { nodeHost } from './host/node-host.js';
import { commandFor, policyFromEnvironment } from './environment.js';
import { plotter } from './plots.js';
import { folderOf } from './store-folder.js';

export interface OpenOptions<Hparams> extends CoreOpenOptions<Hparams> {
  /**
   * The folder of the store, or a store that is open (which the caller then closes).
   * Default: the environment's `REPRISE_STORE`, else `.reprise` in the working directory.
   */
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
} = {
  async open<Hparams>(id: string, engine: Engine<Hparams>, ...given: OpenArguments<NoInfer<Hparams>>) {
    const options: OpenOptions<Hparams> = given[0] ?? {};
    checkOptions('Model.open()', options, ['store', ...openOptionNames]);
    const { store = folderOf(process.env), ...rest } = options;
    const onDivergence = policyFromEnvironment();
    const ownsStore = typeof store === 'string';
    const opened = ownsStore ? await openStore(store) : store;
    try {
      const command = commandFor(opened.location);
      return await openModel(id, engine, rest, {
        store: opened,
        host: nodeHost(),
        plotter,
        ownsStore,
        onDivergence,
        command,
      });
    } catch (error) {
      if (ownsStore) await opened.close();
      throw error;
    }
  },
};
