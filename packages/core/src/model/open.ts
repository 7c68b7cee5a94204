import { decodeVerified, encode } from '../codec/index.js';
import { boolean, checkOptions, func, oneOf, positiveInteger, refuse, string } from '../options/index.js';
import { digestOfData } from '../data/fingerprint.js';
import type { Engine } from '../ports/engine.js';
import { checkLoggers, type Logger } from '../loggers/logger.js';
import type { Host } from '../ports/host.js';
import type { ModelRow, OpLog } from '../ports/op-log.js';
import type { Store } from '../ports/store.js';
import type { TensorFiles } from '../ports/tensor-files.js';
import { checkSeed } from '../rng/stream.js';
import { derive, type Derivation } from '../replay/derive.js';
import { type Command } from '../replay/divergence.js';
import { type DivergencePolicy, divergencePolicies } from '../replay/policy.js';
import { FunctionRegistry } from '../state/stored-recipe.js';
import { leftOutSaid, reportOf } from '../weights/fit.js';
import { loadWeightsOptionNames, type LoadWeightsOptions } from '../weights/load-options.js';
import { noTensorFiles } from '../weights/source.js';
import type { Weights } from '../weights/weights.js';
import type { ModelEvent } from './events.js';
import { nameOf } from './ids.js';
import { LiveNet } from './live-net.js';
import { Model } from './model.js';
import type { Plotter } from './plotter.js';
import { freshRoot, type OpenedNet } from './root.js';
import { Runtime } from './runtime.js';

export interface OpenOptions<Hparams> {
  /** Handed to the builder, and recorded. */
  readonly hparams?: Hparams;
  /** Where every random stream begins: initial parameters, shuffling, dropout. A whole number from 0. Default 0. */
  readonly seed?: number;
  /** Shown by listings; decides nothing. */
  readonly description?: string;
  /**
   * Initial parameters and buffers: typed arrays by name, of which those not given come from the seed; or a state dict or the path of a safetensors file, which
   * have to have all of them, unless `load` says otherwise.
   */
  readonly weights?: string | Weights;
  /** Which of the weights go where, and what may be lacking: what is lacking comes from the seed. */
  readonly load?: LoadWeightsOptions;
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
  /** Write the figures of every train where other programs read them: `tensorBoardLogger()`, `csvLogger()`, `jsonlLogger()`. */
  readonly loggers?: readonly Logger[];
}

/** The names of {@link OpenOptions}, for callers that have options of their own. */
export const openOptionNames: readonly string[] = [
  'hparams',
  'seed',
  'description',
  'weights',
  'load',
  'threads',
  'allowThreadChange',
  'onDivergence',
  'onBusy',
  'signals',
  'onEvent',
  'loggers',
];

/** What the package that users install puts in place. */
export interface OpenParts {
  readonly store: Store;
  readonly host: Host;
  readonly plotter: Plotter;
  /** Reads and writes files of tensors. Left out, no path of one can be given. */
  readonly tensorFiles?: TensorFiles;
  /** Whether closing the model closes the store. */
  readonly ownsStore: boolean;
  /** What to do about every divergence of this process, whatever the script says. */
  readonly onDivergence?: DivergencePolicy | undefined;
  /** How the command line is called for this store, for messages. Default `npx reprise`. */
  readonly command?: Command;
}

/**
 * Opens a model: builds the net's description, and finds or makes its root. Loads no engine and reads no tensor, but for a file of initial weights that is new.
 * @throws OptionError; EngineError where the builder's net can't be built; WeightsError; StoreError; RepriseError `FILE_IO`, `FILE_FORMAT`
 */
export async function openModel<Hparams>(
  id: string,
  engine: Engine<Hparams>,
  options: OpenOptions<Hparams>,
  parts: OpenParts,
): Promise<Model> {
  const name = nameOf('Model.open()', 'id', id);
  checkOpen('Model.open()', options);
  const { seed = 0, weights, load } = options;
  return openAt(name, engine, options, parts, (opened) => freshRoot(opened, seed, { weights, load }));
}

/**
 * Opens a model that begins somewhere.
 * @param threads what a model that is new computes with, unless its options say
 */
export async function openAt<Hparams>(
  name: string,
  engine: Engine<Hparams>,
  options: Omit<OpenOptions<Hparams>, 'seed' | 'weights' | 'load'>,
  parts: OpenParts,
  rootAt: (opened: OpenedNet) => Promise<Derivation>,
  threads: number | null = null,
): Promise<Model> {
  const { store, host, plotter, ownsStore, onDivergence: override, command = 'npx reprise' } = parts;
  const { tensorFiles = noTensorFiles } = parts;
  const { hparams, description = '', onDivergence = store.onDivergence ?? 'error' } = options;
  if (typeof (engine as Partial<Engine<Hparams>> | null)?.describe !== 'function')
    refuse('Model.open()', 'the engine', 'one such as onnx((hparams) => nn.sequential({ … }))', engine);
  const net = await engine.describe(hparams as Hparams);
  const { hasher, log } = store;
  const recipe = hasher.digest(encode({ engine: net.engine, recipe: net.recipe }));
  // A copy: what the caller writes to its own later is no hparam of this model.
  const encoded = encode(hparams ?? null, 'hparams');
  const shown = decodeVerified(encoded);
  const { provenance } = host;
  const root = await rootAt({ model: name, net, recipe, hparams: shown, store, files: tensorFiles, provenance });
  await rememberModel(log, { id: name, description, hparams: encoded }, host.now());
  const op = await derive(store, () => host.now(), root);

  const functions = new FunctionRegistry(hasher, digestOfData({ hasher, files: store.files }));
  const counts = {
    asked: options.threads,
    mayChange: options.allowThreadChange === true,
    available: threads ?? host.availableThreads,
  };
  const live = new LiveNet({ engine, description: net, recipe, store, functions, threads: counts, model: name });
  const runtime = new Runtime({
    model: name,
    store,
    host,
    live,
    description: net,
    functions,
    tensorFiles,
    onDivergence,
    onBusy: options.onBusy ?? 'wait',
    hparams: shown,
    loggers: options.loggers ?? [],
    signals: options.signals ?? true,
    override: override ?? null,
    command,
    onEvent: options.onEvent,
  });
  const left = leftOutSaid(reportOf(decodeVerified(op.record.result)));
  if (left !== null) runtime.note(`Model.open: weights ${left}.`);
  return new Model({ runtime, root: op, plotter, closeStore: async () => (ownsStore ? store.close() : undefined) });
}

/** @throws OptionError */
export function checkOpen(where: string, options: OpenOptions<unknown>): void {
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
  if (options.loggers !== undefined) checkLoggers(where, options.loggers);
  if (options.load !== undefined) checkOptions(`${where} load`, options.load, loadWeightsOptionNames);
  if (options.load !== undefined && options.weights === undefined) {
    refuse(where, 'load', 'given together with weights, of which it says what is loaded', options.load);
  }
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
