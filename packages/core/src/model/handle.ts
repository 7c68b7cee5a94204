import type { Head } from '../replay/chain.js';
import type { StateDigest } from '../values/digest.js';
import { CacheApi } from './cache-api.js';
import { Lane } from './lane.js';
import { type PlotOptions, plotMetrics, recordedHistories } from './plot-metrics.js';
import type { Plotter } from './plotter.js';
import type { Runtime } from './runtime.js';

/**
 * A checkpoint from outside: the cache API on that checkpoint's final state, wherever the model is. Its calls are recorded in a
 * sequence of their own, and leave the model where it is.
 */
export class Handle extends CacheApi {
  readonly id: string;
  readonly #runtime: Runtime;
  readonly #plotter: Plotter;
  readonly #final: () => Promise<Head>;
  readonly #recordedUnder: () => string;
  /** One for each id that the checkpoint's calls are recorded under in this process. */
  readonly #lanes = new Map<string, Lane>();

  /** @internal Use `model.checkpoint(id)`. */
  constructor(
    runtime: Runtime,
    id: string,
    plotter: Plotter,
    of: { readonly final: () => Promise<Head>; readonly recordedUnder: () => string },
  ) {
    super(runtime, runtime.onDivergence);
    this.id = id;
    this.#runtime = runtime;
    this.#plotter = plotter;
    this.#final = of.final;
    this.#recordedUnder = of.recordedUnder;
  }

  /** The digest of the checkpoint's final state: equal digests, equal weights, moments, schedulers, counters and random streams. */
  async stateDigest(): Promise<StateDigest> {
    return (await this.#final()).state;
  }

  /** Draws the histories of the checkpoint's recorded train() calls, joined. */
  plotMetrics(options: PlotOptions = {}): Promise<string> {
    return this.#runtime.alone('plotMetrics()', async () => {
      const histories = await recordedHistories(this.#runtime, this.id, this.#recordedUnder());
      return plotMetrics(this.#runtime.host, this.#plotter, this.id, histories, options);
    });
  }

  protected override async lane(): Promise<Lane> {
    const head = await this.#final();
    const checkpoint = this.#recordedUnder();
    const lane = this.#lanes.get(checkpoint) ?? this.#newLane(checkpoint, head);
    this.#lanes.set(checkpoint, lane);
    lane.head = head;
    return lane;
  }

  #newLane(checkpoint: string, head: Head): Lane {
    const { model } = this.#runtime;
    const tenure = this.#runtime.tenure(checkpoint, 'handle');
    return new Lane({ model, checkpoint, name: 'handle' }, head, tenure);
  }
}
