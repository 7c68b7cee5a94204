import type { Metric } from '../metrics/metric.js';
import type { MetricNames } from '../training/options.js';
import { CacheApi } from './cache-api.js';
import type { Data, TrainCallOptions } from './call-options.js';
import { RepriseError } from '../errors/base.js';
import { type Head, headAt } from '../replay/chain.js';
import { derive } from '../replay/derive.js';
import type { DivergencePolicy } from '../replay/policy.js';
import type { TrainResult } from '../training/result.js';
import type { Lane } from './lane.js';
import { splitTrainArguments, type TrainArguments } from './train-arguments.js';
import { trainRequest } from './requests/train.js';
import { type PlotOptions, plotMetrics } from './plot-metrics.js';
import type { Plotter } from './plotter.js';
import type { Runtime } from './runtime.js';
import { checkSetup, deriveSetup, type SetupOptions } from './setup.js';

/** A checkpoint while its block runs: the calls on it are recorded in order, and replayed when the script runs again. */
export class Block extends CacheApi {
  readonly id: string;
  readonly #runtime: Runtime;
  readonly #lane: Lane;
  readonly #plotter: Plotter;
  readonly #onDivergence: DivergencePolicy;
  readonly #moved: (head: Head) => void;
  readonly #histories: TrainResult[] = [];
  #setUp = false;
  #ended = false;

  /** @internal Use `model.checkpoint(id, block)`. */
  constructor(
    runtime: Runtime,
    lane: Lane,
    plotter: Plotter,
    onDivergence: DivergencePolicy,
    moved: (head: Head) => void,
  ) {
    super(runtime, onDivergence);
    this.id = lane.checkpoint;
    this.#runtime = runtime;
    this.#lane = lane;
    this.#plotter = plotter;
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
      checkSetup(options);
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
      this.#lane.advance(place, op.entry);
      this.#lane.head = headAt(op);
      this.#setUp = true;
      this.#moved(this.#lane.head);
    });
  }

  /**
   * Trains. Recorded: where the same call on the same state is known, its result is returned and nothing is computed.
   * @throws DivergenceError, TrainingError `LOSS_NOT_FINITE`, RepriseError `NO_LOSS`, `NO_OPTIMIZER`
   */
  train<const M extends readonly Metric[] = readonly []>(
    train: Data,
    options: TrainCallOptions<M>,
  ): Promise<TrainResult<MetricNames<M>>>;
  train<const M extends readonly Metric[] = readonly []>(
    train: Data,
    validation: Data,
    options: TrainCallOptions<M>,
  ): Promise<TrainResult<MetricNames<M>>>;
  train(train: Data, ...rest: TrainArguments): Promise<TrainResult> {
    return this.#runtime.alone(`train() of checkpoint '${this.id}'`, async (abort) => {
      this.#refuseEnded('train()');
      const [validation, options] = splitTrainArguments(rest);
      const request = await trainRequest(
        this.#runtime,
        this.#lane.head,
        train,
        validation,
        options,
        this.#onDivergence,
      );
      const result = (await this.#runtime.perform(this.#lane, request, abort)) as unknown as TrainResult;
      this.#histories.push(result);
      this.#moved(this.#lane.head);
      return result;
    });
  }

  /** Draws the histories of the train() calls of this block so far, joined: on the terminal, and as SVG where a path is given. */
  plotMetrics(options: PlotOptions = {}): Promise<string> {
    return this.#runtime.alone('plotMetrics()', async () => {
      this.#refuseEnded('plotMetrics()');
      return plotMetrics(this.#runtime.host, this.#plotter, this.id, this.#histories, options);
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

  #refuseEnded(call: string): void {
    if (!this.#ended) return;
    throw new RepriseError(
      'BLOCK_ENDED',
      `${call} was called on checkpoint '${this.id}' after its block had ended. Put \`await\` before the calls inside the block, ` +
        `or use the handle model.checkpoint('${this.id}').`,
    );
  }
}
