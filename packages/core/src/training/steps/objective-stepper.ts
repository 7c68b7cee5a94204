import { sampleCount } from '../../data/check-batch.js';
import { refuse } from '../../options/validators.js';
import { inFlight, type ReadyObjective, StepUnderWay } from './step-under-way.js';
import type { Stepper } from './stepper.js';
import type { StepFunction, StepScope } from './training-step.js';

/** What minimises each objective in turn. */
export function eachInTurn(objectives: readonly string[]): StepFunction {
  return async (s) => {
    for (const name of objectives) await s.minimize(name);
  };
}

/**
 * A step a batch, as a function says.
 * @param parts `base`: where the rates of the optimizer's groups begin; `told`: the objectives whose own losses are told
 */
export function objectiveStepper(
  objectives: readonly ReadyObjective[],
  run: StepFunction,
  parts: { readonly base: readonly number[]; readonly told: readonly string[]; readonly log: StepScope['log'] },
): Stepper {
  const { base, told, log } = parts;
  let loss = Number.NaN;
  return {
    batches: 1,
    objectives: told,
    take: async (batch, at, seen) => {
      const under = new StepUnderWay(objectives, base, { batch, at, seen });
      const { epoch, step } = at;
      const minimize: StepScope['minimize'] = (name, options) => under.minimize(name, options);
      let returned: unknown;
      try {
        returned = await run({ step, epoch, batch, minimize, log });
      } catch (error) {
        await under.ends();
        throw error;
      }
      const running = await under.ends();
      if (running !== null) throw inFlight(`The step's function ended while minimize('${running}') is still running`);
      if (returned !== undefined && typeof returned !== 'number') {
        refuse('trainingStep()', 'what the function returns', 'a number, the loss of the step, or nothing', returned);
      }
      const samples = sampleCount(batch);
      seen.tally.took(samples);
      const met = returned ?? under.loss;
      loss = met ?? Number.NaN;
      if (met === undefined) return loss;
      seen.check(met);
      seen.tally.met(met, returned === undefined ? under.weight : samples);
      return met;
    },
    end: async () => loss,
  };
}
