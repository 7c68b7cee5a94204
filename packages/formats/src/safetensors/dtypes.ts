import type { DType } from '@reprise/core';

/** Element types of the format that reprise has, in the order in which files have their tensors: by rising alignment, as the reference writer's. */
const codes = [
  ['bool', 'BOOL'],
  ['uint8', 'U8'],
  ['int8', 'I8'],
  ['int16', 'I16'],
  ['uint16', 'U16'],
  ['int32', 'I32'],
  ['uint32', 'U32'],
  ['float32', 'F32'],
  ['float64', 'F64'],
  ['int64', 'I64'],
  ['uint64', 'U64'],
] as const satisfies readonly (readonly [DType, string])[];

/** The types of two bytes that reprise has not: each of their values is a float32 as well. */
export type Half = 'F16' | 'BF16';

const codeOf: ReadonlyMap<DType, string> = new Map(codes);
const dtypeOf: ReadonlyMap<string, DType> = new Map(codes.map(([dtype, code]) => [code, dtype]));
const places: ReadonlyMap<DType, number> = new Map(codes.map(([dtype], place) => [dtype, place]));

/** The format's name of a type; undefined for what is none of ours. */
export function codeOfDtype(dtype: DType): string | undefined {
  return codeOf.get(dtype);
}

/** Our type of a name in a file; undefined where there is none. */
export function dtypeOfCode(code: string): DType | undefined {
  return dtypeOf.get(code);
}

export function isHalf(code: string): code is Half {
  return code === 'F16' || code === 'BF16';
}

/** Compares types by their alignment, the widest first. */
export function byAlignment(left: DType, right: DType): number {
  return (places.get(right) ?? 0) - (places.get(left) ?? 0);
}
