import type { Metric } from '../metrics/metric.js';
import type { DivergencePolicy } from '../replay/policy.js';
import type { EvaluateResult } from '../training/evaluate/options.js';
import type { LrCurve } from '../training/find-lr/options.js';
import type { MetricNames } from '../training/options.js';
import type { Prediction, PredictSample } from '../training/predict/options.js';
import type { Data, EvaluateCallOptions, FindLrCallOptions, PredictCallOptions } from './call-options.js';
import type { Lane } from './lane.js';
import { type CachedArguments, type CachedFunction, type CachedOptions, cachedRequest } from './requests/cached.js';
import { evaluateRequest } from './requests/evaluate.js';
import { findLrRequest } from './requests/find-lr.js';
import { predictRequest } from './requests/predict.js';
import type { Request } from './request.js';
import type { Runtime } from './runtime.js';

/** The recorded calls that change no state, as blocks and handles have them. Results are plain data. */
export abstract class CacheApi {
  readonly #runtime: Runtime;
  readonly #onDivergence: DivergencePolicy;

  /** @internal */
  constructor(runtime: Runtime, onDivergence: DivergencePolicy) {
    this.#runtime = runtime;
    this.#onDivergence = onDivergence;
  }

  /**
   * Loss and metrics on a data set, in evaluation mode.
   * @throws RepriseError `NO_LOSS` where there is neither a loss nor a metric; on a handle, here as in every call, `NO_CHECKPOINT` where
   * the checkpoint has no state yet
   */
  evaluate<const M extends readonly Metric[] = readonly []>(
    data: Data,
    options: EvaluateCallOptions<M> = {},
  ): Promise<EvaluateResult<MetricNames<M>>> {
    return this.#perform('evaluate()', () => evaluateRequest(this.#runtime, data, options));
  }

  /** Sweeps the learning rate on a copy of the state. */
  findLr(data: Data, options: FindLrCallOptions = {}): Promise<LrCurve> {
    return this.#perform('findLr()', () => findLrRequest(this.#runtime, data, options));
  }

  /** The net's outputs for unlabelled data, or for one sample. */
  predict(data: Data | PredictSample, options: PredictCallOptions = {}): Promise<Prediction> {
    return this.#perform('predict()', () => predictRequest(this.#runtime, data, options));
  }

  /**
   * Anything else that is worth recording: `fn(args, net)` runs where the name, the arguments, the function or the state are new.
   * @throws DivergenceError where another call of this name is recorded here; RepriseError `FREE_VARIABLE`, `UNREADABLE_FUNCTION`,
   * `UNRECORDABLE_VALUE`
   */
  cached<A extends CachedArguments, R>(
    name: string,
    args: A,
    fn: CachedFunction<A, R>,
    options: CachedOptions = {},
  ): Promise<R> {
    const call = { name, args, fn, options };
    return this.#perform(`cached('${name}')`, () => cachedRequest(this.#runtime, call, this.#onDivergence));
  }

  /** The sequence that a call belongs to. @throws where there can be no call now */
  protected abstract lane(call: string): Promise<Lane>;

  #perform<R>(call: string, request: () => Promise<Request>): Promise<R> {
    return this.#runtime.alone(call, async (abort) => {
      // Before anything is waited for: arguments are taken as they are when the call is made.
      const asked = request();
      const lane = await this.lane(call);
      const made = await asked;
      // One that can't diverge by itself goes along where its block forks.
      const policy = made.diverges ? made.onDivergence : this.#onDivergence;
      return (await this.#runtime.perform(lane, { ...made, onDivergence: policy }, abort)) as R;
    });
  }
}
