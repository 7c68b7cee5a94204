import { sampleCount } from '@reprise/core';
import type { Batch, Clip, PassInput, Rates, StepOutput, Trainer } from '@reprise/core';
import { clipGradients } from '../optimizers/clip.js';
import { type Gradients, GradientMean } from '../optimizers/gradient-mean.js';
import type { Rule } from '../optimizers/rule.js';
import type { ParameterRule } from '../optimizers/rules-by-parameter.js';
import { compileKernel } from '../wasm/kernel.js';
import type { Kernel } from '../wasm/kernel.js';
import type { LiveState } from './live-state.js';

/** A batch that was run forwards and backwards. Its buffers have moved. */
export interface Pass {
  readonly output: StepOutput;
  readonly gradients: Gradients;
}

/**
 * The step of an optimizer by the gradients of passes.
 * @param state the live state, asked for each time: the net may be given another
 */
export function trainerOf(
  rules: ReadonlyMap<string, ParameterRule>,
  clip: Clip | null,
  pass: (batch: Batch, input: PassInput) => Promise<Pass>,
  state: () => LiveState,
): Trainer {
  const kernels = new Map(
    [...new Set([...rules.values()].map(({ rule }) => rule))].map((rule) => [rule, kernelOf(rule)]),
  );
  const mean = new GradientMean();
  const update = ({ names, arrays }: Gradients, { lr, rates }: Rates): void => {
    const live = state();
    live.ensureOptimizer(rules);
    if (clip !== null) clipGradients(clip, arrays);
    for (const [i, name] of names.entries()) {
      const { rule, group } = rules.get(name)!;
      live.update(name, arrays[i]!, rule, kernels.get(rule)!, rates?.[group] ?? lr);
    }
  };
  return {
    step: async (batch, input) => {
      const { output, gradients } = await pass(batch, input);
      update(gradients, input);
      return output;
    },
    accumulate: async (batch, input) => {
      const { output, gradients } = await pass(batch, input);
      mean.add(gradients, output.weight ?? sampleCount(batch));
      return output;
    },
    update: async (input) => update(mean.take(), input),
  };
}

function kernelOf(rule: Rule): Kernel {
  return compileKernel(rule.formula, rule.slots.length + 2, rule.scalars(0, 1).length);
}
