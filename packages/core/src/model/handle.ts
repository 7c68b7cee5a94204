import type { Head } from '../replay/chain.js';
import type { StateDigest } from '../values/digest.js';
import { CacheApi } from './cache-api.js';
import { Lane } from './lane.js';
import type { PlotOptions, Plots } from './plot-metrics.js';
import type { Runtime } from './runtime.js';
import { type SaveOptions, weightsOnlyIn } from './save-options.js';
import { string } from '../options/index.js';
import type { NetStateDict } from '../weights/weights.js';

/**
 * A checkpoint from outside: the cache API on that checkpoint's final state, wherever the model is. Its calls are recorded in a
 * sequence of their own, and leave the model where it is.
 */
export class Handle extends CacheApi {
  readonly id: string;
  readonly #runtime: Runtime;
  readonly #plots: Plots;
  readonly #final: () => Promise<Head>;
  readonly #recordedUnder: () => string;
  /** One for each id that the checkpoint's calls are recorded under in this process. */
  readonly #lanes = new Map<string, Lane>();

  /** @internal Use `model.checkpoint(id)`. */
  constructor(
    runtime: Runtime,
    id: string,
    plots: Plots,
    of: { readonly final: () => Promise<Head>; readonly recordedUnder: () => string },
  ) {
    super(runtime, runtime.onDivergence);
    this.id = id;
    this.#runtime = runtime;
    this.#plots = plots;
    this.#final = of.final;
    this.#recordedUnder = of.recordedUnder;
  }

  /** The digest of the checkpoint's final state: equal digests, equal weights, moments, schedulers, counters and random streams. */
  async stateDigest(): Promise<StateDigest> {
    return (await this.#final()).state;
  }

  /** The net's parameters and buffers in the checkpoint's final state, by name: copies. Not recorded. */
  stateDict(): Promise<NetStateDict> {
    return this.#runtime.alone('stateDict()', async () => {
      const { stateDictOf } = await import('./state-dict.js');
      return stateDictOf(this.#runtime, await this.#final());
    });
  }

  /**
   * Writes the checkpoint's final state as one safetensors file, as `model.save` does.
   * @throws RepriseError `FILE_IO`; OptionError
   */
  save(path: string, options: SaveOptions = {}): Promise<void> {
    return this.#runtime.alone('save()', async () => {
      string('save()', 'path', path);
      const weightsOnly = weightsOnlyIn('save()', options);
      const { portableAt } = await import('./portable-file.js');
      const bytes = await portableAt(this.#runtime, await this.#final(), weightsOnly);
      await this.#runtime.host.writeFile(path, bytes);
    });
  }

  /**
   * Draws the histories of the checkpoint's recorded train() calls, joined: on the terminal, and as SVG and PNG files where paths are given. Returns the
   * SVG document.
   * @throws OptionError; RepriseError `NO_CHECKPOINT`, `FILE_IO`
   */
  plotMetrics(options: PlotOptions = {}): Promise<string> {
    return this.#runtime.alone('plotMetrics()', () => this.#plots.metrics(this.id, null, options));
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
