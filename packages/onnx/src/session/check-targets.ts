import type { Batch, Recipe } from '@reprise/core';
import { lossOutput } from '../losses/build.js';
import { areIndices } from '../losses/standard.js';
import type { CrossEntropyArgs } from '../losses/standard.js';
import { checkIndices } from './check-indices.js';
import type { Program } from './compile.js';

/**
 * What shapes can't tell of a batch's targets, where they are classes: whether each is there, as an index out of range would be a row without a
 * target, in silence. Returns the sum of the classes' weights, which the loss's mean is over; undefined where it is over the samples.
 * @throws RepriseError `DATA_MISMATCH`
 */
export type TargetCheck = (batch: Batch) => number | undefined;

/** The check that this loss needs, if any. */
export function targetCheck(loss: Recipe | null, program: Program): TargetCheck | undefined {
  const name = lossOutput(program.outputs.map(([each]) => each));
  const output = program.outputs.find(([each]) => each === name)?.[1];
  const shape = program.shapes.get(output ?? '');
  if (loss?.kind !== 'crossEntropy' || !shape) return undefined;
  const { weight } = loss.args as unknown as CrossEntropyArgs;
  const classes = shape.at(-1) ?? 0;
  return (batch) => {
    const target = batch.get('target');
    if (!target || !areIndices(shape, target.shape)) return undefined;
    const expected = `a class from 0 to ${classes - 1}, as the net has ${classes} outputs`;
    checkIndices('crossEntropy: the target', target.data, classes, expected);
    return weight === null ? undefined : sumOf(weight, target.data);
  };
}

function sumOf(weights: readonly number[], indices: ArrayLike<number | bigint>): number {
  let sum = 0;
  for (let i = 0; i < indices.length; i++) sum += weights[Number(indices[i])] as number;
  return sum;
}
