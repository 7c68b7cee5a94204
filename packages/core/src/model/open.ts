import { encode } from '../codec/index.js';
import {
  boolean,
  checkOptions,
  func,
  isPlainObject,
  oneOf,
  positiveInteger,
  refuse,
  string,
} from '../options/index.js';
import { digestOfData } from '../data/fingerprint.js';
import type { Engine, NetDescription } from '../ports/engine.js';
import type { Hasher } from '../ports/hasher.js';
import type { Host } from '../ports/host.js';
import type { ModelRow, OpLog } from '../ports/op-log.js';
import type { Store } from '../ports/store.js';
import { checkSeed } from '../rng/stream.js';
import { derive } from '../replay/derive.js';
import { type Command } from '../replay/divergence.js';
import { type DivergencePolicy, divergencePolicies } from '../replay/policy.js';
import type { Fields } from '../replay/fields.js';
import { type Manifest, manifestVersion } from '../state/manifest.js';
import { FunctionRegistry } from '../state/stored-recipe.js';
import { nameTensor, storeTensor } from '../state/tensor-store.js';
import type { Plain } from '../values/plain.js';
import { dtypeOf, sizeOf, type Tensor, type TensorData } from '../values/tensor.js';
import type { ModelEvent } from './events.js';
import { nameOf } from './ids.js';
import { LiveNet } from './live-net.js';
import { Model } from './model.js';
import type { Plotter } from './plotter.js';
import { Runtime } from './runtime.js';

export interface OpenOptions<Hparams> {
  /** Handed to the builder, and recorded. */
  readonly hparams?: Hparams;
  /** Where every random stream begins: initial parameters, shuffling, dropout. A whole number from 0. Default 0. */
  readonly seed?: number;
  /** Shown by listings; decides nothing. */
  readonly description?: string;
  /** Initial parameters and buffers by name; those not given are initialised from the seed. */
  readonly weights?: { readonly [name: string]: TensorData };
  /**
   * Threads of the engine. Results depend on their number, so it is recorded with the model and used again.
   * Default: what was recorded, else all that the machine has.
   */
  readonly threads?: number;
  /** Agrees to going on with another number of threads than recorded. */
  readonly allowThreadChange?: boolean;
  /** What to do where the script calls something other than what is recorded. Default: the store's, else `'error'`. */
  readonly onDivergence?: DivergencePolicy;
  /** What to do where another process is writing a checkpoint: `'wait'` until it is done, or fail at once with `'error'`. Default `'wait'`. */
  readonly onBusy?: 'wait' | 'error';
  /**
   * Whether SIGINT and SIGTERM end a running op in good order: a train stores where it is, the call throws `INTERRUPTED`, and a second signal ends the process at
   * once. False leaves the process's handlers alone. Default true.
   */
  readonly signals?: boolean;
  readonly onEvent?: (event: ModelEvent) => void;
}

/** The names of {@link OpenOptions}, for callers that have options of their own. */
export const openOptionNames: readonly string[] = [
  'hparams',
  'seed',
  'description',
  'weights',
  'threads',
  'allowThreadChange',
  'onDivergence',
  'onBusy',
  'signals',
  'onEvent',
];

/** What the package that users install puts in place. */
export interface OpenParts {
  readonly store: Store;
  readonly host: Host;
  readonly plotter: Plotter;
  /** Whether closing the model closes the store. */
  readonly ownsStore: boolean;
  /** What to do about every divergence of this process, whatever the script says. */
  readonly onDivergence?: DivergencePolicy | undefined;
  /** How the command line is called for this store, for messages. Default `npx reprise`. */
  readonly command?: Command;
}

/**
 * Opens a model: builds the net's description, and finds or makes its root. Loads no engine and reads no tensor.
 * @throws OptionError; EngineError where the builder's net can't be built; StoreError
 */
export async function openModel<Hparams>(
  id: string,
  engine: Engine<Hparams>,
  options: OpenOptions<Hparams>,
  { store, host, plotter, ownsStore, onDivergence: override, command = 'npx reprise' }: OpenParts,
): Promise<Model> {
  const name = nameOf('Model.open()', 'id', id);
  checkOpen(options);
  const { hparams, seed = 0, description = '', weights = {} } = options;
  const { onDivergence = store.onDivergence ?? 'error' } = options;
  const net = await engine.describe(hparams as Hparams);
  const { hasher, log } = store;
  const recipe = hasher.digest(encode({ engine: net.engine, recipe: net.recipe }));
  const initial = initialTensors(net, weights);
  const shown = (hparams ?? null) as Plain;
  await rememberModel(log, { id: name, description, hparams: encode(shown) }, host.now());

  const manifest: Manifest = {
    version: manifestVersion,
    net: {
      recipe,
      fresh: true,
      tensors: Object.fromEntries(
        [...initial].map(([key, tensor]) => [key, nameTensor(tensor, (bytes) => hasher.digest(bytes))]),
      ),
    },
    loss: null,
    optimizer: null,
    epochScheduler: null,
    stepScheduler: null,
    loop: { epoch: 0, step: 0 },
    rng: { seed },
  };
  const op = await derive(store, () => host.now(), {
    place: { model: name, checkpoint: '', lane: 'root', kind: 'open', name: '', occurrence: 0 },
    position: 0,
    head: null,
    fields: { net: recipe, seed, ...weightFields(initial, hasher) },
    get observed() {
      return observedOf(net, shown);
    },
    components: { net: recipe, root: null, loss: null, optimizer: null, epochMonitor: null, stepMonitor: null },
    provenance: host.provenance,
    manifest: async () => manifest,
    storeTensors: () => Promise.all([...initial.values()].map((tensor) => storeTensor(tensor, store.blobs))),
  });

  const functions = new FunctionRegistry(hasher, digestOfData({ hasher, files: store.files }));
  const threads = {
    asked: options.threads,
    mayChange: options.allowThreadChange === true,
    available: host.availableThreads,
  };
  const live = new LiveNet({ engine, description: net, recipe, store, functions, threads, model: name });
  const runtime = new Runtime({
    model: name,
    store,
    host,
    live,
    description: net,
    functions,
    onDivergence,
    onBusy: options.onBusy ?? 'wait',
    signals: options.signals ?? true,
    override: override ?? null,
    command,
    onEvent: options.onEvent,
  });
  return new Model({ runtime, root: op, plotter, closeStore: async () => (ownsStore ? store.close() : undefined) });
}

function checkOpen(options: OpenOptions<unknown>): void {
  const where = 'Model.open()';
  checkOptions(where, options, openOptionNames);
  if (options.seed !== undefined) checkSeed(options.seed);
  if (options.description !== undefined && options.description !== '')
    string(where, 'description', options.description);
  if (options.threads !== undefined) positiveInteger(where, 'threads', options.threads);
  if (options.allowThreadChange !== undefined) boolean(where, 'allowThreadChange', options.allowThreadChange);
  if (options.onDivergence !== undefined) oneOf(where, 'onDivergence', options.onDivergence, divergencePolicies);
  if (options.onBusy !== undefined) oneOf(where, 'onBusy', options.onBusy, ['wait', 'error']);
  if (options.signals !== undefined) boolean(where, 'signals', options.signals);
  if (options.onEvent !== undefined) func(where, 'onEvent', options.onEvent);
  if (options.weights !== undefined && !isPlainObject(options.weights)) {
    refuse(where, 'weights', "typed arrays by the parameters' names", options.weights);
  }
}

/** Checks initial weights against the net, and copies them: the caller may go on writing to its own. */
function initialTensors(
  net: NetDescription,
  weights: { readonly [name: string]: TensorData },
): ReadonlyMap<string, Tensor> {
  const specs = new Map(net.parameters.map((spec) => [spec.name, spec]));
  checkOptions('Model.open() weights', weights, [...specs.keys()]);
  return new Map(
    Object.entries(weights).map(([name, data]) => {
      const { dtype, shape } = specs.get(name) as NetDescription['parameters'][number];
      const expected = `a typed array of ${sizeOf(shape)} ${dtype} numbers, shape [${shape.join(', ')}]`;
      if (!ArrayBuffer.isView(data) || dtypeOf(data) !== dtype || data.length !== sizeOf(shape)) {
        const came = ArrayBuffer.isView(data) ? `${data.length} of ${dtypeOf(data)}` : data;
        refuse('Model.open()', `weights['${name}']`, expected, came);
      }
      return [name, { dtype, shape, data: data.slice() }];
    }),
  );
}

function weightFields(initial: ReadonlyMap<string, Tensor>, hasher: Hasher): Fields {
  const fields = [...initial].map(([name, { data }]) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [`weights.${name}`, hasher.digest(bytes)] as const;
  });
  return Object.fromEntries(fields);
}

/** What says, where the net has changed, how. */
function observedOf(net: NetDescription, hparams: Plain): Fields {
  const given = isPlainObject(hparams) ? Object.entries(hparams) : hparams === null ? [] : [['', hparams] as const];
  const parameters = new Map(
    net.parameters.map(({ name, dtype, shape }) => [name, `${dtype} [${shape.join(', ')}]`] as const),
  );
  const layers = Object.entries(net.outline).map(
    ([name, value]) => [parameters.has(name) ? `${name} (layer)` : name, value] as const,
  );
  return {
    engine: net.engine,
    ...Object.fromEntries(given.map(([name, value]) => [name === '' ? 'hparams' : `hparams.${name}`, value])),
    ...Object.fromEntries([...parameters, ...layers].map(([name, value]) => [`net.${name}`, value])),
  };
}

async function rememberModel(
  log: OpLog,
  row: Pick<ModelRow, 'id' | 'description' | 'hparams'>,
  now: number,
): Promise<void> {
  const known = await log.model(row.id);
  const same = known?.description === row.description && Buffer.compare(known.hparams, row.hparams) === 0;
  if (!same) await log.putModel({ ...row, threads: known?.threads ?? null, createdAt: known?.createdAt ?? now });
}
