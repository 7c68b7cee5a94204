import { batches } from '../../data/batches.js';
import { sampleCount } from '../../data/check-batch.js';
import { isTensorData, type SampleValue, stackSamples } from '../../data/sample.js';
import { DataError } from '../../data/data-error.js';
import { isData } from '../../data/fingerprint.js';
import { checkOptions, isPlainObject, oneOf, positiveInteger, refuse } from '../../options/index.js';
import type { Batch, DataSource, SampleStream } from '../../ports/data-source.js';
import type { LoadedNet, NetDescription } from '../../ports/engine.js';
import type { TrainingState } from '../../state/training-state.js';
import { byteSize, bytesOf, type Tensor, tensorFromBytes } from '../../values/tensor.js';
import type { OpContext } from '../context.js';
import { type ProgressMode, progressModes } from '../options.js';
import { Progress } from '../progress/progress.js';
import { noSamples, samplesOf } from '../samples.js';

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

/**
 * The outputs of the live net in evaluation mode. Labels that the data may hold are not looked at. Changes nothing.
 * The outputs of all samples are held in memory.
 * @throws DataError
 */
export async function predict(
  { net, host, signal }: OpContext,
  state: TrainingState,
  input: PredictInput,
  settings: PredictSettings,
): Promise<Prediction> {
  if (input.kind === 'sample') {
    const { outputs } = await net.evaluate(inputsOf(net, input.batch), null);
    return Object.fromEntries(
      [...outputs].map(([name, tensor]) => [name, { ...copied(tensor), shape: tensor.shape.slice(1) }]),
    );
  }
  const parts = new Map<string, Tensor[]>();
  const progress = new Progress(host, settings.progress);
  try {
    progress.begin('predict', samplesOf(input.data));
    const plan = { batchSize: settings.batchSize, shuffle: false, seed: state.seed, epoch: 0, signal, recycle: true };
    for await (const batch of batches(input.data, plan)) {
      signal.throwIfAborted();
      const { outputs } = await net.evaluate(inputsOf(net, batch), null);
      for (const [name, tensor] of outputs) {
        const list = parts.get(name);
        if (list === undefined) parts.set(name, [copied(tensor)]);
        else list.push(copied(tensor));
      }
      progress.advance(sampleCount(batch), null);
    }
  } finally {
    progress.clear();
  }
  if (parts.size === 0) throw noSamples('predict()', 'the data');
  return Object.fromEntries([...parts].map(([name, tensors]) => [name, joined(tensors)]));
}

function inputsOf(net: LoadedNet, batch: Batch): Batch {
  return new Map(net.description.inputs.map((name) => [name, inputNamed(name, batch)]));
}

function inputNamed(name: string, batch: Batch): Tensor {
  const tensor = batch.get(name);
  if (tensor !== undefined) return tensor;
  throw new DataError(
    'DATA_MISMATCH',
    `predict(): the net takes '${name}', and the data have ${[...batch.keys()].join(', ')}.`,
  );
}

function copied({ dtype, shape, data }: Tensor): Tensor {
  return { dtype, shape: [...shape], data: data.slice() };
}

/** Batches one after another, along the first dimension. */
function joined(parts: readonly Tensor[]): Tensor {
  const [first] = parts as readonly [Tensor];
  const shape = [parts.reduce((sum, part) => sum + (part.shape[0] ?? 0), 0), ...first.shape.slice(1)];
  const bytes = new Uint8Array(byteSize(first.dtype, shape));
  let offset = 0;
  for (const { data } of parts) {
    bytes.set(bytesOf(data), offset);
    offset += data.byteLength;
  }
  return tensorFromBytes(first.dtype, shape, bytes);
}

function isTensor(value: unknown): value is { readonly data: Tensor['data']; readonly shape: readonly number[] } {
  return typeof value === 'object' && value !== null && 'data' in value && 'shape' in value && isTensorData(value.data);
}
