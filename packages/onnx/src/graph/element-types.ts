import type { DType } from '@reprise/core';

/** ONNX's numbers for the element types (TensorProto.DataType). */
export const onnxTypeOf: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

const byNumber: ReadonlyMap<number, DType> = new Map(
  Object.entries(onnxTypeOf).map(([dtype, number]) => [number, dtype as DType]),
);

/** The element type of one of ONNX's numbers; undefined for those that reprise has not (float16, string, …). */
export function dtypeOfOnnx(number: number): DType | undefined {
  return byNumber.get(number);
}
