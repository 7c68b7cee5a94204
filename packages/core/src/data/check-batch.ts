import type { Batch } from '../ports/data-source.js';
import { describe } from '../options/index.js';
import { dtypeOf, sizeOf } from '../values/tensor.js';
import { DataError } from './data-error.js';
import { isOfType, isTensorData, quoted, sameShape } from './sample.js';

/** The number of samples in a batch. */
export function sampleCount(batch: Batch): number {
  for (const { shape } of batch.values()) return shape[0] ?? 0;
  return 0;
}

/**
 * Refuses a batch whose tensors don't all hold `count` samples of the type that they say, or whose names, types or shapes of a sample
 * differ from those of an earlier batch.
 * @param called what the batch is called in an error: `The batch of samples 0, 1, 2`.
 * @throws DataError `DATA_MISMATCH`
 */
export function checkBatch(batch: Batch, count: number, earlier: Batch | undefined, called: () => string): void {
  if (!(batch instanceof Map))
    throw mismatch(`${called()} must be a Map of tensors by name, and is ${describe(batch)}.`);
  if (batch.size === 0) throw mismatch(`${called()} holds no tensor: at least one is needed, such as 'input'.`);
  for (const [name, tensor] of batch as Batch) {
    const { dtype, shape, data } = tensor ?? {};
    if (!isTensorData(data) || !Array.isArray(shape))
      throw mismatch(`${called()}: '${name}' must be a tensor { dtype, shape, data }, and is ${describe(tensor)}.`);
    if (!isOfType(data, dtype)) {
      const written = dtype === undefined ? 'has no dtype' : `is said to be ${dtype}`;
      throw mismatch(`${called()}: '${name}' ${written}, and its array holds ${dtypeOf(data)}: give the array's type.`);
    }
    if (shape[0] !== count)
      throw mismatch(
        `${called()}: '${name}' has the shape [${shape.join(', ')}], and its first dimension must be ${count}.`,
      );
    if (data.length !== sizeOf(shape)) {
      throw mismatch(
        `${called()}: '${name}' has ${data.length} elements, and its shape [${shape.join(', ')}] holds ${sizeOf(shape)}.`,
      );
    }
  }
  if (earlier === undefined || earlier === batch) return;
  if (batch.size !== earlier.size) throw otherNames(batch, earlier, called());
  for (const [name, { dtype, shape }] of earlier) {
    const found = (batch as Batch).get(name);
    if (found === undefined) throw otherNames(batch, earlier, called());
    if (
      found.dtype === dtype &&
      found.shape.length === shape.length &&
      found.shape.every((size, i) => i === 0 || size === shape[i])
    )
      continue;
    const [was, is] = [shape, found.shape].map((sizes) => sizes.slice(1).join(', '));
    throw mismatch(
      `${called()}: a sample of '${name}' is ${found.dtype} [${is}], and in the batch before it was ${dtype} [${was}].`,
    );
  }
}

function otherNames(batch: Batch, earlier: Batch, which: string): DataError {
  return mismatch(
    `${which} has ${quoted(batch.keys())}, and the one before had ${quoted(earlier.keys())}: all need the same names.`,
  );
}

function mismatch(message: string): DataError {
  return new DataError('DATA_MISMATCH', message);
}

/** The names, types and shapes of both, without the number of samples, are the same. */
export function sameForm(a: Batch, b: Batch): boolean {
  if (a.size !== b.size) return false;
  for (const [name, { dtype, shape }] of a) {
    const other = b.get(name);
    if (other === undefined || other.dtype !== dtype || !sameShape(other.shape.slice(1), shape.slice(1))) return false;
  }
  return true;
}
