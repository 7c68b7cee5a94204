import type { Metric } from '../metrics/metric.js';
import type { EvaluateResult } from '../training/evaluate.js';
import type { LrCurve } from '../training/find-lr.js';
import type { MetricNames } from '../training/options.js';
import type { Prediction, PredictSample } from '../training/predict.js';
import type { Data, EvaluateCallOptions, FindLrCallOptions, PredictCallOptions } from './call-options.js';
import type { Head } from '../replay/chain.js';
import type { CachedArguments, CachedFunction, CachedOptions } from './requests/cached.js';
import { Lane } from './lane.js';
import { type PlotOptions, plotMetrics, recordedHistories } from './plot-metrics.js';
import type { StateDigest } from '../values/digest.js';
import type { Plotter } from './plotter.js';
import { RecordedCalls } from './recorded-calls.js';
import type { Runtime } from './runtime.js';

/**
 * A checkpoint from outside: the cache API on that checkpoint's final state, wherever the model is. Its calls are recorded in a
 * sequence of their own, and leave the model where it is.
 */
export class Handle {
  readonly id: string;
  readonly #runtime: Runtime;
  readonly #plotter: Plotter;
  readonly #final: () => Promise<Head>;
  readonly #calls: RecordedCalls;
  #lane: Lane | null = null;

  /** @internal Use `model.checkpoint(id)`. */
  constructor(runtime: Runtime, id: string, plotter: Plotter, final: () => Promise<Head>) {
    this.id = id;
    this.#runtime = runtime;
    this.#plotter = plotter;
    this.#final = final;
    const lane = async (): Promise<Lane> => {
      const head = await final();
      this.#lane ??= new Lane({ model: runtime.model, checkpoint: id, name: 'handle' }, head);
      this.#lane.head = head;
      return this.#lane;
    };
    this.#calls = new RecordedCalls(runtime, runtime.onDivergence, lane, () => undefined);
  }

  /** The digest of the checkpoint's final state: equal digests, equal weights, moments, schedulers, counters and random streams. */
  async stateDigest(): Promise<StateDigest> {
    return (await this.#final()).state;
  }

  /**
   * Loss and metrics on a data set, in evaluation mode. Recorded.
   * @throws RepriseError `NO_CHECKPOINT`, here and in every other call, where the checkpoint has no state yet
   */
  evaluate<const M extends readonly Metric[] = readonly []>(
    data: Data,
    options: EvaluateCallOptions<M> = {},
  ): Promise<EvaluateResult<MetricNames<M>>> {
    return this.#calls.evaluate(data, options);
  }

  /** Sweeps the learning rate on a copy of the state. Recorded. */
  findLr(data: Data, options: FindLrCallOptions = {}): Promise<LrCurve> {
    return this.#calls.findLr(data, options);
  }

  /** The net's outputs for unlabelled data, or for one sample. Recorded. */
  predict(data: Data | PredictSample, options: PredictCallOptions = {}): Promise<Prediction> {
    return this.#calls.predict(data, options);
  }

  /** Anything else that is worth recording: see the block's `cached`. */
  cached<A extends CachedArguments, R>(
    name: string,
    args: A,
    fn: CachedFunction<A, R>,
    options: CachedOptions = {},
  ): Promise<R> {
    return this.#calls.cached(name, args, fn, options);
  }

  /** Draws the histories of the checkpoint's recorded train() calls, joined. */
  async plotMetrics(options: PlotOptions = {}): Promise<string> {
    const histories = await recordedHistories(this.#runtime, this.id);
    return plotMetrics(this.#runtime.host, this.#plotter, this.id, histories, options);
  }
}
