import { checkAccumulate } from './check-accumulate.js';
import { netObjectives, objectiveNames } from '../../components/objective-list.js';
import { parameterGroups } from '../../components/parameter-groups.js';
import type { LoadedNet, StepSpec } from '../../ports/engine.js';
import { batchStepper } from './batch-stepper.js';
import { trainableNames } from '../freeze.js';
import { eachInTurn, objectiveStepper } from './objective-stepper.js';
import type { ReadyObjective } from './step-under-way.js';
import type { Stepper } from './stepper.js';
import type { StepScope, TrainingStep } from './training-step.js';

/**
 * What makes steps: by one loss, by objectives in turn, or as a function says.
 * @param log where a step of one's own records its quantities
 * @throws OptionError `INVALID_OPTION` where objectives don't fit the net
 */
export async function stepperFor(
  where: string,
  net: LoadedNet,
  spec: StepSpec,
  { accumulate, step = null, log }: StepperOptions,
): Promise<Stepper> {
  const told = objectiveNames(spec.loss);
  if (told.length === 0 && step === null) return batchStepper(await net.trainer(spec), accumulate);
  checkAccumulate(where, accumulate, step === null ? 'objectives' : 'a training step of your own');
  const names = trainableNames(net.description);
  const groups = parameterGroups(spec.optimizer, names, where);
  const ready: ReadyObjective[] = [];
  for (const { name, loss, parameters } of netObjectives(spec.loss, names, where)) {
    const own = new Set(parameters);
    const frozen = [...new Set([...spec.frozen, ...names.filter((each) => !own.has(each))])];
    ready.push({
      name,
      trainer: await net.trainer({ ...spec, loss, frozen }),
      groups: groups.flatMap((group, i) => (group.parameters.some((each) => own.has(each)) ? [i] : [])),
    });
  }
  const base = groups.map(({ recipe }) => recipe.args['lr'] as number);
  return objectiveStepper(ready, step?.run.call ?? eachInTurn(told), { base, told, log });
}

interface StepperOptions {
  readonly accumulate: number;
  /** Null: the usual one. */
  readonly step?: TrainingStep | null;
  readonly log: StepScope['log'];
}
