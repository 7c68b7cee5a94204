import { decodeVerified, encode } from '../../codec/index.js';
import { isData } from '../../data/fingerprint.js';
import { fingerprintFunction } from '../../functions/fingerprint.js';
import { type FunctionOptions, outlineOfDeps, userFunction } from '../../functions/user-function.js';
import { checkOptions, func, isPlainObject, refuse } from '../../options/index.js';
import type { Metric } from '../../metrics/metric.js';
import type { DivergencePolicy } from '../../replay/policy.js';
import type { Fields } from '../../replay/fields.js';
import type { TrainingState } from '../../state/training-state.js';
import type { OpContext } from '../../training/context.js';
import { type EvaluateOptions, type EvaluateResult, parseEvaluateOptions } from '../../training/evaluate/options.js';
import type { MetricNames } from '../../training/options.js';
import {
  parsePredictInput,
  parsePredictOptions,
  type Prediction,
  type PredictOptions,
  type PredictSample,
} from '../../training/predict/options.js';
import type { Digest } from '../../values/digest.js';
import type { Plain } from '../../values/plain.js';
import { type Data, type DivergingCallOptions, splitCallOptions } from '../call-options.js';
import { nameOf } from '../ids.js';
import type { Request } from '../request.js';
import type { Runtime } from '../runtime.js';

/** The arguments of a `cached` call by name: plain data, or data sets, which count by their content. */
export type CachedArguments = { readonly [name: string]: Plain | Data };

export type CachedOptions = FunctionOptions & DivergingCallOptions;

/** What a `cached` function works with: its arguments, and the net in the checkpoint's state. It changes no state. */
export type CachedFunction<A extends CachedArguments, R> = (args: A, net: CachedNet) => R | Promise<R>;

export interface CachedNet {
  evaluate<const M extends readonly Metric[] = readonly []>(
    data: Data,
    options?: EvaluateOptions<M>,
  ): Promise<EvaluateResult<MetricNames<M>>>;
  predict(data: Data | PredictSample, options?: PredictOptions): Promise<Prediction>;
  /** Prints a line that belongs to the record: it is printed again on replay. */
  line(text: string): void;
  readonly signal: AbortSignal;
}

/**
 * A cached call, checked, with what decides it: its name, its arguments, and its function.
 * @throws OptionError; RepriseError `FREE_VARIABLE`, `UNREADABLE_FUNCTION`, `UNRECORDABLE_VALUE`
 */
export async function cachedRequest<A extends CachedArguments, R>(
  runtime: Runtime,
  call: { readonly name: string; readonly args: A; readonly fn: CachedFunction<A, R>; readonly options: unknown },
  policy: DivergencePolicy,
): Promise<Request> {
  const { name, args, fn } = call;
  nameOf('cached()', 'name', name);
  const where = `cached('${name}')`;
  if (!isPlainObject(args)) refuse(where, 'args', 'an object of arguments by name, {} where there are none', args);
  func(where, 'fn', fn);
  const { own, signal, onDivergence = policy } = splitCallOptions(where, call.options);
  checkOptions(where, own, ['deps', 'key']);
  const given = copiesOf(args);
  const digestOf = (value: object): Promise<Digest> | undefined =>
    isData(value) ? runtime.fingerprint(value) : undefined;
  const called = userFunction(fn, own as FunctionOptions);
  const digest = await fingerprintFunction(called, runtime.store.hasher, digestOf);
  return {
    kind: 'cached',
    name,
    fields: { ...(await argumentFields(runtime, given)), fn: digest },
    observed: {},
    outline: async () => ({ ...(await runtime.outlines(dataOf(given))), ...outlineOfDeps(called, 'fn') }),
    diverges: true,
    onDivergence,
    data: [...given.values()].filter(isData),
    signal,
    silent: false,
    work: async (context, training) => {
      const result = await fn(valuesOf(given) as A, netOf(context, training));
      return { result: result as Plain, moved: null };
    },
  };
}

/** An argument as it was when the call was made: data sets by themselves, the rest encoded. */
type Given = ReadonlyMap<string, Data | Uint8Array>;

function copiesOf(args: CachedArguments): Given {
  return new Map(
    Object.entries(args).map(([name, value]) => [name, isData(value) ? value : encode(value, `args.${name}`)]),
  );
}

function dataOf(given: Given): { readonly [path: string]: Data } {
  return Object.fromEntries([...given].flatMap(([name, value]) => (isData(value) ? [[`args.${name}`, value]] : [])));
}

/** Copies for the function: what it does to them doesn't reach the caller. */
function valuesOf(given: Given): CachedArguments {
  const values = [...given].map(([name, value]) => [name, isData(value) ? value : decodeVerified(value)] as const);
  return Object.fromEntries(values);
}

async function argumentFields(runtime: Runtime, given: Given): Promise<Fields> {
  const fields: { [path: string]: Plain } = {};
  for (const [name, value] of given) {
    // Large values are kept by their digest: fields are stored with every record.
    if (isData(value)) fields[`args.${name}`] = await runtime.fingerprint(value);
    else fields[`args.${name}`] = value.byteLength <= 256 ? decodeVerified(value) : runtime.store.hasher.digest(value);
  }
  return fields;
}

function netOf(context: OpContext, training: TrainingState): CachedNet {
  return {
    evaluate: async <const M extends readonly Metric[]>(data: Data, options?: EvaluateOptions<M>) => {
      const { evaluate } = await import('../../training/evaluate/evaluate.js');
      return (await evaluate(context, training, data, parseEvaluateOptions(options))) as EvaluateResult<MetricNames<M>>;
    },
    predict: async (data, options) => {
      const { predict } = await import('../../training/predict/predict.js');
      return predict(context, training, parsePredictInput(data, context.net.description), parsePredictOptions(options));
    },
    line: (text) => context.line(text),
    signal: context.signal,
  };
}
