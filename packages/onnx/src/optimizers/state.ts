import { sizeOf } from '@reprise/core';
import type { EngineState, ParameterSpec, Tensor } from '@reprise/core';
import type { Rule } from './rule.js';
import type { ParameterRule } from './rules-by-parameter.js';

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
  rules: ReadonlyMap<string, ParameterRule>,
  parameters: readonly ParameterSpec[],
): NonNullable<EngineState['optimizer']> {
  const tensors = parameters.flatMap(({ name, shape }) => {
    const { slots } = rules.get(name)!.rule;
    const arrays = freshSlots(rules.get(name)!.rule, shape);
    return slots.map((slot, i): [string, Tensor] => [
      slotName(name, slot),
      { dtype: 'float32', shape, data: arrays[i]! },
    ]);
  });
  return { tensors: new Map(tensors), scalars: Object.fromEntries(parameters.map(({ name }) => [stepsName(name), 0])) };
}

/** What a rule keeps beside a parameter that it has not updated yet. */
export function freshSlots({ slots, initial }: Rule, shape: readonly number[]): readonly Float32Array[] {
  return slots.map(() => {
    const data = new Float32Array(sizeOf(shape));
    return initial === 0 ? data : data.fill(initial);
  });
}
