import { byteSize, sizeOf, tensorFromBytes } from '@reprise/core';
import type { Tensor } from '@reprise/core';
import { numbers } from '../graph/constants.js';
import { dtypeOfOnnx } from '../graph/element-types.js';
import type { Message } from './fields.js';

/** A TensorProto; its elements are copied, so that they don't hold on to the file. */
export function readTensor(message: Message): Tensor {
  const name = message.text(8);
  const number = message.number(2);
  const dtype = dtypeOfOnnx(number);
  if (!dtype)
    throw new RangeError(
      `the tensor '${name}' of ONNX's element type ${number}, which reprise has not: export it in float32`,
    );
  if (message.number(14) === 1 || message.has(13)) {
    throw new RangeError(`the tensor '${name}' in another file: export the model with its weights inside`);
  }
  const shape = message.integers(1);
  if (shape.some((dim) => !Number.isSafeInteger(dim) || dim < 0))
    throw new RangeError(`the tensor '${name}' of shape [${shape.join(', ')}]`);
  const size = sizeOf(shape);
  const raw = message.bytes(9).at(-1);
  if (raw) {
    if (raw.byteLength !== byteSize(dtype, shape))
      throw new RangeError(`the tensor '${name}' with ${raw.byteLength} bytes for ${size} elements`);
    return tensorFromBytes(dtype, shape, new Uint8Array(raw));
  }
  const values =
    dtype === 'float32'
      ? message.floats(4, 4)
      : dtype === 'float64'
        ? message.floats(10, 8)
        : message.integers(integerField(dtype));
  if (values.length !== size) throw new RangeError(`the tensor '${name}' with ${values.length} elements for ${size}`);
  return { dtype, shape, data: numbers(values, dtype) };
}

/** Where a TensorProto has integers of a type that isn't stored raw. */
function integerField(dtype: string): number {
  if (dtype === 'int64') return 7;
  return dtype === 'uint64' || dtype === 'uint32' ? 11 : 5;
}
