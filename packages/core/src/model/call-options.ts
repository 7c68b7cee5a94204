import { isData } from '../data/fingerprint.js';
import type { Metric } from '../metrics/metric.js';
import { oneOf, refuse } from '../options/index.js';
import type { DataSource, SampleStream } from '../ports/data-source.js';
import { type DivergencePolicy, divergencePolicies } from '../replay/divergence.js';
import type { EvaluateOptions } from '../training/evaluate.js';
import type { FindLrOptions } from '../training/find-lr.js';
import type { TrainOptions } from '../training/options.js';
import type { PredictOptions } from '../training/predict.js';

/** Samples to train or evaluate on: a `Dataset`, or a source of one's own. */
export type Data = DataSource | SampleStream;

/** What every call takes beside its own options. */
export interface CallOptions {
  /** Stops the op; it is then not recorded. */
  readonly signal?: AbortSignal;
}

/** What a call that can diverge takes as well. */
export interface DivergingCallOptions extends CallOptions {
  /** What to do where another call is recorded at this place. Default: the block's, else the model's. */
  readonly onDivergence?: DivergencePolicy;
}

export type TrainCallOptions<M extends readonly Metric[]> = TrainOptions<M> & DivergingCallOptions;
export type EvaluateCallOptions<M extends readonly Metric[]> = EvaluateOptions<M> & CallOptions;
export type FindLrCallOptions = FindLrOptions & CallOptions;
export type PredictCallOptions = PredictOptions & CallOptions;

/** Parts what every call takes from the op's own options, which are still to be checked. */
export function splitCallOptions(
  where: string,
  options: unknown,
): {
  readonly own: unknown;
  readonly signal: AbortSignal | undefined;
  readonly onDivergence: DivergencePolicy | undefined;
} {
  if (typeof options !== 'object' || options === null)
    return { own: options, signal: undefined, onDivergence: undefined };
  const { signal, onDivergence, ...own } = options as { readonly signal?: unknown; readonly onDivergence?: unknown };
  if (signal !== undefined && !(signal instanceof AbortSignal)) refuse(where, 'signal', 'an AbortSignal', signal);
  if (onDivergence !== undefined) oneOf(where, 'onDivergence', onDivergence, divergencePolicies);
  return { own, signal, onDivergence };
}

/** @throws OptionError `INVALID_OPTION` unless the value is a data source. */
export function checkData(where: string, name: string, value: unknown): asserts value is Data {
  if (!isData(value)) refuse(where, name, 'a data set, such as arrays({ input, target })', value);
}
