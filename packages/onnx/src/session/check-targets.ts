import { RepriseError } from '@reprise/core';
import type { Batch, Recipe } from '@reprise/core';
import { lossOutput } from '../losses/build.js';
import { areIndices } from '../losses/standard.js';
import type { Program } from './compile.js';

/** The check of a batch's targets that shapes can't tell, or undefined. */
export function targetCheck(loss: Recipe | null, program: Program): ((batch: Batch) => void) | undefined {
  const name = lossOutput(program.outputs.map(([each]) => each));
  const output = program.outputs.find(([each]) => each === name)?.[1];
  const shape = program.shapes.get(output ?? '');
  if (loss?.kind !== 'crossEntropy' || !shape) return undefined;
  const classes = shape.at(-1) ?? 0;
  return (batch) => {
    const target = batch.get('target');
    if (target && areIndices(shape, target.shape)) checkIndices(target.data, classes);
  };
}

/** An index out of range would be no class at all: a row without a target, in silence. */
function checkIndices(data: ArrayLike<number | bigint>, classes: number): void {
  for (let i = 0; i < data.length; i++) {
    const index = data[i]!;
    if (index >= 0 && index < classes) continue;
    throw new RepriseError(
      'DATA_MISMATCH',
      `crossEntropy: the target at ${i} is ${index}; expected a class from 0 to ${classes - 1}, as the net has ${classes} outputs.`,
    );
  }
}
