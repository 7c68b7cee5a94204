import { sizeOf } from '@reprise/core';
import type { Tensor } from '@reprise/core';
import { isFloat } from '../ops/site.js';
import { numbers, valuesOf } from './constants.js';

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Neg: (a) => -a,
};

/** The result of float arithmetic on constants of one element each; undefined for anything else. */
export function foldScalars(type: string, inputs: readonly (Tensor | undefined)[]): Tensor | undefined {
  const compute = arithmetic[type];
  const [a, b] = inputs;
  if (!compute || !a || !inputs.every((tensor) => tensor && sizeOf(tensor.shape) === 1 && isFloat(tensor.dtype)))
    return undefined;
  const shape = b && b.shape.length > a.shape.length ? b.shape : a.shape;
  const result = compute(valuesOf(a)[0] as number, b ? (valuesOf(b)[0] as number) : 0);
  return { dtype: a.dtype, shape, data: numbers([result], a.dtype) };
}
