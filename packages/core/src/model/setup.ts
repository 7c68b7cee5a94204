import { checkRole, type Loss, type Optimizer, type Role, type Scheduler } from '../components/component.js';
import { netObjectives, objectiveNames } from '../components/objective-list.js';
import { parameterGroups } from '../components/parameter-groups.js';
import { freshScheduler, monitorOf } from '../components/schedule.js';
import { checkOptions } from '../options/index.js';
import type { NetDescription } from '../ports/engine.js';
import type { ComponentSummary, Head } from '../replay/chain.js';
import { type Fields, recipeFields } from '../replay/fields.js';
import { checkRestore, type RestoreOptions, restored, restoreFields } from './restore.js';
import type { Manifest, StoredScheduler } from '../state/manifest.js';
import type { FunctionRegistry } from '../state/stored-recipe.js';
import { trainableNames } from '../training/freeze.js';

/**
 * The components that a block trains with. One that is given is made anew, with fresh state; one that isn't goes on with
 * its state from the parent; `null` removes a scheduler.
 */
export interface SetupOptions {
  readonly loss?: Loss;
  readonly optimizer?: Optimizer;
  /** Moves the learning rate after each epoch. */
  readonly epochScheduler?: Scheduler | null;
  /** Moves the learning rate after each step. */
  readonly stepScheduler?: Scheduler | null;
  /** What the block goes on with of the state that it stands on. Default: all of it. */
  readonly restore?: RestoreOptions;
}

const roles: Readonly<Record<Exclude<keyof SetupOptions, 'restore'>, Role>> = {
  loss: 'loss',
  optimizer: 'optimizer',
  epochScheduler: 'scheduler',
  stepScheduler: 'scheduler',
};

/** @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`, also where an optimizer's groups or a loss's objectives don't fit the net */
export function checkSetup(options: SetupOptions, net: Pick<NetDescription, 'parameters'>): void {
  checkOptions('setup()', options, [...Object.keys(roles), 'restore']);
  if (options.restore !== undefined) checkRestore(options.restore);
  for (const [name, role] of Object.entries(roles) as [keyof typeof roles, Role][]) {
    const value: unknown = options[name];
    if (value === undefined || (value === null && role === 'scheduler')) continue;
    checkRole('setup()', name, value, role);
  }
  const names = trainableNames(net);
  if (options.optimizer !== undefined) parameterGroups(options.optimizer, names);
  if (options.loss !== undefined) netObjectives(options.loss, names);
}

/** The fields that decide a setup, the manifest after it, and what later calls must know of it. */
export async function deriveSetup(
  options: SetupOptions,
  head: Head,
  functions: FunctionRegistry,
): Promise<{
  readonly fields: Fields;
  readonly components: ComponentSummary;
  readonly after: (before: Manifest) => Manifest;
}> {
  const { loss, optimizer, epochScheduler, stepScheduler, restore = {} } = options;
  const storedLoss = loss && (await functions.store(loss));
  const storedOptimizer = optimizer && (await functions.store(optimizer));
  const epoch = epochScheduler && (await storeFresh(epochScheduler, functions));
  const step = stepScheduler && (await storeFresh(stepScheduler, functions));
  const fields: Fields = {
    ...restoreFields(restore),
    ...(storedLoss && recipeFields('loss', storedLoss)),
    ...(storedOptimizer && recipeFields('optimizer', storedOptimizer)),
    ...(epochScheduler !== undefined && recipeFields('epochScheduler', epoch?.recipe ?? null)),
    ...(stepScheduler !== undefined && recipeFields('stepScheduler', step?.recipe ?? null)),
  };
  const before = head.op.components;
  const objectives = loss === undefined ? (before.objectives ?? []) : objectiveNames(loss);
  return {
    fields,
    components: {
      net: before.net,
      root: before.root,
      loss: loss?.kind ?? before.loss,
      ...(objectives.length === 0 ? {} : { objectives }),
      optimizer: optimizer?.kind ?? before.optimizer,
      epochMonitor: epochScheduler === undefined ? before.epochMonitor : epochScheduler && monitorOf(epochScheduler),
      stepMonitor: stepScheduler === undefined ? before.stepMonitor : stepScheduler && monitorOf(stepScheduler),
    },
    after: (parent) => {
      const manifest = restored(parent, restore);
      return {
        ...manifest,
        loss: storedLoss ?? manifest.loss,
        optimizer: storedOptimizer ? { recipe: storedOptimizer, state: null } : manifest.optimizer,
        epochScheduler: epochScheduler === undefined ? manifest.epochScheduler : (epoch ?? null),
        stepScheduler: stepScheduler === undefined ? manifest.stepScheduler : (step ?? null),
      };
    },
  };
}

async function storeFresh(scheduler: Scheduler, functions: FunctionRegistry): Promise<StoredScheduler> {
  const { recipe, state } = freshScheduler(scheduler);
  return { recipe: await functions.store(recipe), state };
}
