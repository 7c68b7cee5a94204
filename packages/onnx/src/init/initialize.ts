import { sizeOf, stream } from '@reprise/core';
import type { Tensor } from '@reprise/core';
import { numbers } from '../graph/constants.js';
import { EngineError } from '../graph/engine-error.js';
import type { Parameter } from '../graph/graph.js';

/**
 * How a parameter begins: a function of its description, its name and the seed alone, so adding a layer leaves the others' beginnings
 * as they were. Random ones are drawn from the stream `init/<name>`.
 */
export function initialize(parameter: Parameter, seed: number): Tensor {
  const { name, dtype, shape, init } = parameter;
  const size = sizeOf(shape);
  if (init.kind === 'zeros' || init.kind === 'ones') {
    return { dtype, shape, data: numbers(new Array<number>(size).fill(init.kind === 'ones' ? 1 : 0), dtype) };
  }
  if (dtype !== 'float32') {
    throw new EngineError(
      'ENGINE_BUILD',
      `The parameter '${name}' is ${dtype}; only float32 ones can begin at random.`,
    );
  }
  const data = new Float32Array(size);
  const random = stream(seed, `init/${name}`);
  const { bound = 0, mean = 0, std = 1 } = init.args as { bound?: number; mean?: number; std?: number };
  if (init.kind === 'uniform') random.fillUniform(data, -bound, bound);
  else if (init.kind === 'normal') random.fillNormal(data, mean, std);
  else throw new EngineError('ENGINE_BUILD', `The parameter '${name}' has the unknown initialiser '${init.kind}'.`);
  return { dtype, shape, data };
}
