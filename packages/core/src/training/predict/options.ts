import { isTensorData, type SampleValue, stackSamples } from '../../data/sample.js';
import { isData } from '../../data/fingerprint.js';
import { checkOptions, isPlainObject, oneOf, positiveInteger, refuse } from '../../options/index.js';
import type { Batch, DataSource, SampleStream } from '../../ports/data-source.js';
import type { NetDescription } from '../../ports/engine.js';
import type { Tensor } from '../../values/tensor.js';
import { type ProgressMode, progressModes } from '../options.js';

/** Options of `predict`. */
export interface PredictOptions {
  /** Samples a batch. Default 256. */
  readonly batchSize?: number;
  /** Default `auto`. */
  readonly progress?: ProgressMode;
}

export type PredictSettings = Required<PredictOptions>;

/** The net's outputs by name. The first dimension is the sample; for one sample it is left out. */
export interface Prediction {
  readonly [output: string]: Tensor;
}

/** One sample without its label: the net's input, or, where it has several, each by its name. */
export type PredictSample = SampleValue | { readonly [input: string]: SampleValue };

/** What to predict from: all of some data, or one sample as a batch of one. */
export type PredictInput =
  | { readonly kind: 'data'; readonly data: DataSource | SampleStream }
  | { readonly kind: 'sample'; readonly batch: Batch };

const optionNames: readonly (keyof PredictOptions)[] = ['batchSize', 'progress'];

/**
 * Checks the options of `predict` and fills in their defaults.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function parsePredictOptions(options: unknown): PredictSettings {
  const where = 'predict()';
  checkOptions(where, options, optionNames);
  const { batchSize = 256, progress = 'auto' } = (options ?? {}) as PredictOptions;
  positiveInteger(where, 'batchSize', batchSize);
  oneOf(where, 'progress', progress, progressModes);
  return { batchSize, progress };
}

/**
 * Tells data from one sample. A sample's tensors have no dimension for the batch: a typed array alone is a vector, an image is
 * `{ data, shape: [1, 28, 28] }`.
 * @throws OptionError `INVALID_OPTION`; DataError `DATA_MISMATCH`
 */
export function parsePredictInput(input: unknown, net: Pick<NetDescription, 'inputs'>): PredictInput {
  if (isData(input)) return { kind: 'data', data: input };
  if (isTensorData(input) || isTensor(input) || typeof input === 'number') {
    const [name = '', ...others] = net.inputs;
    if (others.length > 0)
      refuse('predict()', 'a sample', `an object with ${net.inputs.join(', ')}, as the net has several inputs`, input);
    return { kind: 'sample', batch: stackSamples([{ [name]: input }], [0]) };
  }
  if (!isPlainObject(input) || Object.keys(input).length === 0) {
    refuse(
      'predict()',
      'the data',
      'a dataset, or one sample: a typed array, { data, shape }, or those by the names of inputs',
      input,
    );
  }
  return { kind: 'sample', batch: stackSamples([input as { [name: string]: SampleValue }], [0]) };
}

function isTensor(value: unknown): value is { readonly data: Tensor['data']; readonly shape: readonly number[] } {
  return typeof value === 'object' && value !== null && 'data' in value && 'shape' in value && isTensorData(value.data);
}
