import type { Prediction, PredictInput, PredictSettings } from './options.js';
import { batches } from '../../data/batches.js';
import { sampleCount } from '../../data/check-batch.js';
import { DataError } from '../../data/data-error.js';
import type { Batch } from '../../ports/data-source.js';
import type { LoadedNet } from '../../ports/engine.js';
import type { TrainingState } from '../../state/training-state.js';
import { byteSize, bytesOf, type Tensor, tensorFromBytes } from '../../values/tensor.js';
import type { OpContext } from '../context.js';
import { Progress } from '../progress/progress.js';
import { noSamples, samplesOf } from '../samples.js';

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
