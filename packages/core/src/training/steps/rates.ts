import { type OptimizerGroup, parameterGroups } from '../../components/parameter-groups.js';
import type { Recipe } from '../../components/recipe.js';
import { nextLr } from '../../components/schedule.js';
import { OptionError } from '../../errors/option-error.js';
import type { NetDescription, Rates } from '../../ports/engine.js';
import type { SchedulerState } from '../../state/training-state.js';
import { trainableNames } from '../freeze.js';

/** What moves rates. */
interface Schedulers {
  readonly epochScheduler: SchedulerState | null;
  readonly stepScheduler: SchedulerState | null;
}

/** Where the rates of an optimizer's groups begin, in their order. */
export function baseRates(
  optimizer: Recipe,
  net: Pick<NetDescription, 'parameters'>,
  where: string = 'train()',
): readonly number[] {
  return parameterGroups(optimizer, trainableNames(net), where).map(rateOf);
}

/** The names of an optimizer's groups, in their order; `default` is the one of what no group names, or of all. */
export function groupNames(optimizer: Recipe, net: Pick<NetDescription, 'parameters'>): readonly string[] {
  return parameterGroups(optimizer, trainableNames(net), 'train()').map(({ name }) => name);
}

/** The rates of the next step: schedulers move each from where it begins, as PyTorch's do. */
export function ratesAt(base: readonly number[], { epochScheduler, stepScheduler }: Schedulers): Rates {
  return ratesOf(base.map((each) => nextLr(each, epochScheduler, stepScheduler)));
}

/**
 * The rates where the first group has this one, the others in proportion to where they begin.
 * @throws OptionError `INVALID_OPTION` where there are others, and the first one begins at 0
 */
export function ratesInProportion(base: readonly number[], lr: number, where: string): Rates {
  const [first = 0] = base;
  if (base.length === 1) return { lr };
  if (first === 0) {
    throw new OptionError(
      'INVALID_OPTION',
      `${where}: the first group of the optimizer has the learning rate 0, so the others' are in no proportion to it. Give it another rate, or freeze its parameters.`,
      { where, option: 'lr' },
    );
  }
  return ratesOf(base.map((each) => (each / first) * lr));
}

/**
 * The learning rate of the next step by the name of the optimizer's group; `default` is the one of what no group names, or of all.
 * @throws OptionError `INVALID_OPTION` where the groups are not of this net
 */
export function ratesByGroup(
  optimizer: Recipe,
  net: Pick<NetDescription, 'parameters'>,
  { epochScheduler, stepScheduler }: Schedulers,
): { readonly [group: string]: number } {
  return Object.fromEntries(
    parameterGroups(optimizer, trainableNames(net), 'train()').map((group) => [
      group.name,
      nextLr(rateOf(group), epochScheduler, stepScheduler),
    ]),
  );
}

function rateOf({ recipe }: OptimizerGroup): number {
  return recipe.args['lr'] as number;
}

function ratesOf(rates: readonly number[]): Rates {
  const [lr = 0] = rates;
  return rates.length === 1 ? { lr } : { lr, rates };
}
