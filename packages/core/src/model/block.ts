import type { Metric } from '../metrics/metric.js';
import type { MetricNames } from '../training/options.js';
import { CacheApi } from './cache-api.js';
import type { Data, TrainCallOptions, UntilEpochCallOptions } from './call-options.js';
import { RepriseError } from '../errors/base.js';
import type { Callback } from '../callbacks/callback.js';
import type { Stateful } from '../callbacks/stateful.js';
import { loadStateDicts } from '../state/stored-state-dicts.js';
import type { Head } from '../replay/chain.js';
import { derive } from '../replay/derive.js';
import type { DivergencePolicy } from '../replay/policy.js';
import type { TrainResult } from '../training/result.js';
import type { Lane } from './lane.js';
import { type LoadCall, loadInBlock } from './loads.js';
import { countedOptions, epochOf, nothingTrained, reachedSaid } from './until-epoch.js';
import { splitTrainArguments, type TrainArguments } from './train-arguments.js';
import { trainRequest } from './requests/train.js';
import type { PlotOptions, Plots } from './plot-metrics.js';
import { Registered } from './registered.js';
import type { Runtime } from './runtime.js';
import type { LoadReport } from '../weights/fit.js';
import type { LoadWeightsOptions } from '../weights/load-options.js';
import type { NetStateDict, Weights } from '../weights/weights.js';
import { checkSetup, deriveSetup, type SetupOptions } from './setup.js';

/** A checkpoint while its block runs: the calls on it are recorded in order, and replayed when the script runs again. */
export class Block extends CacheApi {
  readonly id: string;
  readonly #runtime: Runtime;
  readonly #lane: Lane;
  readonly #plots: Plots;
  readonly #onDivergence: DivergencePolicy;
  readonly #moved: (head: Head) => void;
  readonly #histories: TrainResult[] = [];
  readonly #registered = new Registered();
  #setUp = false;
  #strict = true;
  #ended = false;

  /** @internal Use `model.checkpoint(id, block)`. */
  constructor(runtime: Runtime, lane: Lane, plots: Plots, onDivergence: DivergencePolicy, moved: (head: Head) => void) {
    super(runtime, onDivergence);
    this.id = lane.checkpoint;
    this.#runtime = runtime;
    this.#lane = lane;
    this.#plots = plots;
    this.#onDivergence = onDivergence;
    this.#moved = moved;
  }

  /**
   * Says what the block trains with. A component given is made anew, with fresh state; one that isn't goes on with its state from the
   * parent; `null` removes a scheduler. At most once a block, before its first train.
   * @throws OptionError, RepriseError `SETUP_TWICE`, `SETUP_AFTER_TRAIN`
   */
  setup(options: SetupOptions): Promise<void> {
    return this.#runtime.alone('setup()', async () => {
      this.#refuseEnded('setup()');
      checkSetup(options, this.#runtime.description);
      if (this.#histories.length > 0) {
        throw new RepriseError(
          'SETUP_AFTER_TRAIN',
          `setup() was called after train() in the block of checkpoint '${this.id}'. Call it first, or begin another checkpoint.`,
        );
      }
      if (this.#setUp) {
        throw new RepriseError(
          'SETUP_TWICE',
          `setup() was called twice in the block of checkpoint '${this.id}'. Give all components in one call, ` +
            'or begin another checkpoint where they change.',
        );
      }
      const { store, host, functions } = this.#runtime;
      const { head } = this.#lane;
      const { place, position } = this.#lane.next('setup', '');
      const { fields, components, after } = await deriveSetup(options, head, functions);
      const op = await derive(store, () => host.now(), {
        place,
        position,
        head,
        fields,
        observed: {},
        components,
        provenance: host.provenance,
        manifest: async () => after(await this.#runtime.states.manifestOf(head)),
        recover: () => this.#runtime.states.recover(head),
      });
      this.#lane.derived(op);
      this.#setUp = true;
      this.#strict = options.restore?.strict ?? true;
      await this.#loadRegistered();
      this.#moved(this.#lane.head);
    });
  }

  /** The net's parameters and buffers where the block is, by name: copies. Not recorded. */
  stateDict(): Promise<NetStateDict> {
    return this.#runtime.alone('stateDict()', async () => {
      this.#refuseEnded('stateDict()');
      const { stateDictOf } = await import('./state-dict.js');
      return stateDictOf(this.#runtime, this.#lane.head);
    });
  }

  /**
   * Gives the net other weights. Recorded, by the digest of what they are and the options: nothing is run, and what changed in them shows at the next call
   * that stands on it. The optimizer's state, schedulers and the loop's position stay, as in PyTorch. Anywhere in a block.
   * @throws WeightsError `WEIGHTS_MISMATCH`; OptionError
   */
  loadStateDict(dict: Weights, options: LoadWeightsOptions = {}): Promise<LoadReport> {
    return this.#load({ where: 'loadStateDict()', argument: 'dict', weights: dict, options });
  }

  /**
   * The same from a safetensors file, or from weights in memory. A file that has not changed since it was last looked at is not read on replay.
   * @throws as `loadStateDict`, and RepriseError `FILE_IO`, `FILE_FORMAT`
   */
  loadWeights(source: string | Weights, options: LoadWeightsOptions = {}): Promise<LoadReport> {
    return this.#load({ where: 'loadWeights()', argument: 'source', weights: source, options });
  }

  #load(call: LoadCall): Promise<LoadReport> {
    return this.#runtime.alone(call.where, async () => {
      this.#refuseEnded(call.where);
      const report = await loadInBlock(this.#runtime, this.#lane, call);
      this.#moved(this.#lane.head);
      return report;
    });
  }

  /**
   * Makes an object's state a part of training's: it is saved with every state from here on, restored with it, and has, after each call, the state that belongs
   * to where the block is, replayed or run. An object with hooks is told of every train of the block, as a callback is. A block that stands on this one
   * registers it too, or says in `setup({ restore })` what is to become of its state. To be called before the block's first train.
   * @throws OptionError; RepriseError `SETUP_AFTER_TRAIN`
   */
  register(name: string, stateful: Stateful | Callback): Promise<void> {
    return this.#runtime.alone('register()', async () => {
      this.#refuseEnded('register()');
      if (this.#histories.length > 0) {
        throw new RepriseError(
          'SETUP_AFTER_TRAIN',
          `register() was called after train() in the block of checkpoint '${this.id}'. Call it first: what is trained before would lack its state.`,
        );
      }
      this.#registered.add(name, stateful);
      await this.#loadRegistered();
    });
  }

  /**
   * Trains. Recorded: where the same call on the same state is known, its result is returned and nothing is computed. Where `untilEpoch` is reached already,
   * nothing is trained or recorded, and the history is empty.
   * @throws DivergenceError, TrainingError `LOSS_NOT_FINITE`, RepriseError `NO_LOSS`, `NO_OPTIMIZER`
   */
  train<const M extends readonly Metric[] = readonly []>(
    train: Data,
    options: TrainCallOptions<M> | UntilEpochCallOptions<M>,
  ): Promise<TrainResult<MetricNames<M>>>;
  train<const M extends readonly Metric[] = readonly []>(
    train: Data,
    validation: Data,
    options: TrainCallOptions<M> | UntilEpochCallOptions<M>,
  ): Promise<TrainResult<MetricNames<M>>>;
  train(train: Data, ...rest: TrainArguments): Promise<TrainResult> {
    return this.#runtime.alone(`train() of checkpoint '${this.id}'`, async (abort) => {
      this.#refuseEnded('train()');
      const [validation, given] = splitTrainArguments(rest);
      const { head } = this.#lane;
      const { options, reached } = await countedOptions(given, async () => epochOf(this.#runtime, head));
      const request = await trainRequest(this.#runtime, head, train, validation, options, this.#onDivergence, {
        registered: this.#registered.callbacks,
        strict: this.#strict,
      });
      if (reached !== null) {
        if (!request.silent) this.#runtime.print(`[${this.#lane.checkpoint}] train: ${reachedSaid(reached)}`);
        return nothingTrained;
      }
      let result: TrainResult;
      try {
        result = (await this.#runtime.perform(this.#lane, request, abort)) as unknown as TrainResult;
      } catch (error) {
        // What has thrown is the thing to tell.
        await this.#loadRegistered().catch(() => undefined);
        throw error;
      }
      this.#histories.push(result);
      this.#moved(this.#lane.head);
      await this.#loadRegistered();
      return result;
    });
  }

  /**
   * Draws the histories of the train() calls of this block so far, joined: on the terminal, and as SVG and PNG files where paths are given. Returns the
   * SVG document.
   * @throws OptionError; RepriseError `NO_CHECKPOINT`, `FILE_IO`
   */
  plotMetrics(options: PlotOptions = {}): Promise<string> {
    return this.#runtime.alone('plotMetrics()', async () => {
      this.#refuseEnded('plotMetrics()');
      return this.#plots.metrics(this.id, this.#histories, options);
    });
  }

  /** @internal The block has ended; a call that comes later is an error. */
  end(): void {
    this.#ended = true;
  }

  protected override async lane(call: string): Promise<Lane> {
    this.#refuseEnded(call);
    return this.#lane;
  }

  /** What is registered gets the state that belongs to where the block is. */
  async #loadRegistered(): Promise<void> {
    if (this.#registered.callbacks.length === 0) return;
    const { states, store } = this.#runtime;
    const { statefuls } = await states.manifestOf(this.#lane.head);
    this.#registered.load(await loadStateDicts(statefuls, store.blobs));
  }

  #refuseEnded(call: string): void {
    if (!this.#ended) return;
    throw new RepriseError(
      'BLOCK_ENDED',
      `${call} was called on checkpoint '${this.id}' after its block had ended. Put \`await\` before the calls inside the block, ` +
        `or use the handle model.checkpoint('${this.id}').`,
    );
  }
}
