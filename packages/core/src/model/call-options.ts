import { isData } from '../data/fingerprint.js';
import type { Metric } from '../metrics/metric.js';
import { oneOf, refuse } from '../options/index.js';
import type { DataSource, SampleStream } from '../ports/data-source.js';
import { type DivergencePolicy, divergencePolicies } from '../replay/policy.js';
import type { EvaluateOptions } from '../training/evaluate/options.js';
import type { FindLrOptions } from '../training/find-lr/options.js';
import type { TrainOptions } from '../training/options.js';
import type { PredictOptions } from '../training/predict/options.js';
import { nameOf } from './ids.js';

/** Samples to train or evaluate on: a `Dataset`, or a source of one's own. */
export type Data = DataSource | SampleStream;

/** What every call takes beside its own options. */
export interface CallOptions {
  /** Stops the op; it is then not recorded. A train that is called again goes on from its last whole epoch. */
  readonly signal?: AbortSignal;
}

/** What calls take that have no name. */
export interface KeyedCallOptions extends CallOptions {
  /**
   * A name for the call: it is then found by it wherever it moves in its block, or among the calls of its handle, instead of by its number. Once
   * for each kind of call.
   */
  readonly key?: string;
}

/** What a call that can diverge takes as well. */
export interface DivergingCallOptions extends CallOptions {
  /** What to do where another call is recorded at this place. Default: the block's, else the model's. */
  readonly onDivergence?: DivergencePolicy;
}

export type TrainCallOptions<M extends readonly Metric[]> = TrainOptions<M> & {
  readonly untilEpoch?: undefined;
} & KeyedCallOptions &
  DivergingCallOptions;

/** The same with a total in the place of `epochs`. */
export type UntilEpochCallOptions<M extends readonly Metric[]> = Omit<TrainOptions<M>, 'epochs'> & {
  readonly epochs?: undefined;
  /** How many epochs the state is to have in all, those before this call included: Lightning's `max_epochs`. */
  readonly untilEpoch: number;
} & KeyedCallOptions &
  DivergingCallOptions;

export type EvaluateCallOptions<M extends readonly Metric[]> = EvaluateOptions<M> & KeyedCallOptions;
export type FindLrCallOptions = FindLrOptions & KeyedCallOptions;
export type PredictCallOptions = PredictOptions & KeyedCallOptions;

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

/** The same for calls that take a key. */
export function splitKeyedOptions(
  where: string,
  options: unknown,
): ReturnType<typeof splitCallOptions> & { readonly key: string | undefined } {
  const { own: given, signal, onDivergence } = splitCallOptions(where, options);
  if (typeof given !== 'object' || given === null) return { own: given, signal, onDivergence, key: undefined };
  const { key, ...own } = given as { readonly key?: unknown };
  return { own, signal, onDivergence, key: key === undefined ? undefined : nameOf(where, 'key', key) };
}

/** @throws OptionError `INVALID_OPTION` unless the value is a data source. */
export function checkData(where: string, name: string, value: unknown): asserts value is Data {
  if (!isData(value)) refuse(where, name, 'a data set, such as arrays({ input, target })', value);
}
