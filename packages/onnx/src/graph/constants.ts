import { bytesOf } from '@reprise/core';
import type { DType, Tensor, TensorData } from '@reprise/core';

/** A tensor without dimensions. */
export function scalarTensor(value: number, dtype: DType): Tensor {
  return { dtype, shape: [], data: numbers([value], dtype) };
}

/** A row of int64. */
export function intTensor(values: readonly number[]): Tensor {
  return { dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) };
}

/** The numbers as this element type stores them. */
export function numbers(values: readonly number[], dtype: DType): TensorData {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(values);
    case 'float64':
      return Float64Array.from(values);
    case 'int8':
      return Int8Array.from(values);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(values);
    case 'int16':
      return Int16Array.from(values);
    case 'uint16':
      return Uint16Array.from(values);
    case 'int32':
      return Int32Array.from(values);
    case 'uint32':
      return Uint32Array.from(values);
    case 'int64':
      return BigInt64Array.from(values, (value) => BigInt(Math.trunc(value)));
    case 'uint64':
      return BigUint64Array.from(values, (value) => BigInt(Math.trunc(value)));
  }
}

/** The elements of a tensor as plain numbers. */
export function valuesOf(tensor: Tensor): number[] {
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

/** Equal for equal constants, and only for those. */
export function constantKey(tensor: Tensor): string {
  const bytes = bytesOf(tensor.data);
  return `${tensor.dtype}[${tensor.shape.join()}]${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')}`;
}
