import { sizeOf } from '@reprise/core';
import type { EngineState, ParameterSpec, Recipe, Tensor } from '@reprise/core';
import { ruleOf } from './rules.js';

/** The name of a tensor that an optimizer keeps beside a parameter: `hidden.weight/m`. */
export function slotName(parameter: string, slot: string): string {
  return `${parameter}/${slot}`;
}

/** The name of the number of updates that a parameter has had: `hidden.weight/step`. */
export function stepsName(parameter: string): string {
  return `${parameter}/step`;
}

/** The state of an optimizer that has not stepped yet. As in PyTorch, each parameter counts its own steps: frozen ones stand still. */
export function freshOptimizer(
  recipe: Recipe,
  parameters: readonly ParameterSpec[],
): NonNullable<EngineState['optimizer']> {
  const { slots, initial } = ruleOf(recipe);
  const tensors = parameters.flatMap(({ name, shape }) =>
    slots.map((slot): [string, Tensor] => {
      const data = new Float32Array(sizeOf(shape));
      if (initial !== 0) data.fill(initial);
      return [slotName(name, slot), { dtype: 'float32', shape, data }];
    }),
  );
  return { tensors: new Map(tensors), scalars: Object.fromEntries(parameters.map(({ name }) => [stepsName(name), 0])) };
}
