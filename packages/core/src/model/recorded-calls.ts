import type { Metric } from '../metrics/metric.js';
import type { DivergencePolicy } from '../replay/divergence.js';
import type { EvaluateResult } from '../training/evaluate.js';
import type { LrCurve } from '../training/find-lr.js';
import type { MetricNames } from '../training/options.js';
import type { Prediction, PredictSample } from '../training/predict.js';
import type { Data, EvaluateCallOptions, FindLrCallOptions, PredictCallOptions } from './call-options.js';
import type { Lane } from './lane.js';
import { type CachedArguments, type CachedFunction, type CachedOptions, cachedRequest } from './requests/cached.js';
import { evaluateRequest } from './requests/evaluate.js';
import { findLrRequest } from './requests/find-lr.js';
import { predictRequest } from './requests/predict.js';
import type { Request, Runtime } from './runtime.js';

/** The recorded calls that change no state: the cache API, as blocks and handles have it. */
export class RecordedCalls {
  readonly #runtime: Runtime;
  readonly #onDivergence: DivergencePolicy;
  readonly #lane: () => Promise<Lane>;
  readonly #check: (call: string) => void;

  constructor(
    runtime: Runtime,
    onDivergence: DivergencePolicy,
    lane: () => Promise<Lane>,
    check: (call: string) => void,
  ) {
    this.#runtime = runtime;
    this.#onDivergence = onDivergence;
    this.#lane = lane;
    this.#check = check;
  }

  evaluate<const M extends readonly Metric[]>(
    data: Data,
    options: EvaluateCallOptions<M>,
  ): Promise<EvaluateResult<MetricNames<M>>> {
    return this.#perform('evaluate()', (lane) => evaluateRequest(this.#runtime, lane.head, data, options));
  }

  findLr(data: Data, options: FindLrCallOptions): Promise<LrCurve> {
    return this.#perform('findLr()', (lane) => findLrRequest(this.#runtime, lane.head, data, options));
  }

  predict(data: Data | PredictSample, options: PredictCallOptions): Promise<Prediction> {
    return this.#perform('predict()', (lane) => predictRequest(this.#runtime, lane.head, data, options));
  }

  cached<A extends CachedArguments, R>(
    name: string,
    args: A,
    fn: CachedFunction<A, R>,
    options: CachedOptions,
  ): Promise<R> {
    const call = { name, args, fn, options };
    return this.#perform(`cached('${name}')`, () => cachedRequest(this.#runtime, call, this.#onDivergence));
  }

  #perform<R>(call: string, requestAt: (lane: Lane) => Promise<Request>): Promise<R> {
    return this.#runtime.alone(call, async (abort) => {
      this.#check(call);
      const lane = await this.#lane();
      return (await this.#runtime.perform(lane, await requestAt(lane), abort)) as R;
    });
  }
}
