import { checkRole, type Loss, type Optimizer, type Role, type Scheduler } from '../components/component.js';
import { freshScheduler, monitorOf } from '../components/schedule.js';
import { checkOptions } from '../options/index.js';
import type { ComponentSummary, Head } from '../replay/chain.js';
import { type Fields, recipeFields } from '../replay/fields.js';
import type { Manifest, StoredScheduler } from '../state/manifest.js';
import type { FunctionRegistry } from '../state/stored-recipe.js';

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
}

const roles: Readonly<Record<keyof SetupOptions, Role>> = {
  loss: 'loss',
  optimizer: 'optimizer',
  epochScheduler: 'scheduler',
  stepScheduler: 'scheduler',
};

/** @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION` */
export function checkSetup(options: SetupOptions): void {
  checkOptions('setup()', options, Object.keys(roles));
  for (const [name, role] of Object.entries(roles) as [keyof SetupOptions, Role][]) {
    const value: unknown = options[name];
    if (value === undefined || (value === null && role === 'scheduler')) continue;
    checkRole('setup()', name, value, role);
  }
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
  const { loss, optimizer, epochScheduler, stepScheduler } = options;
  const storedLoss = loss && (await functions.store(loss));
  const storedOptimizer = optimizer && (await functions.store(optimizer));
  const epoch = epochScheduler && (await storeFresh(epochScheduler, functions));
  const step = stepScheduler && (await storeFresh(stepScheduler, functions));
  const fields: Fields = {
    ...(storedLoss && recipeFields('loss', storedLoss)),
    ...(storedOptimizer && recipeFields('optimizer', storedOptimizer)),
    ...(epochScheduler !== undefined && recipeFields('epochScheduler', epoch?.recipe ?? null)),
    ...(stepScheduler !== undefined && recipeFields('stepScheduler', step?.recipe ?? null)),
  };
  const before = head.op.components;
  return {
    fields,
    components: {
      net: before.net,
      root: before.root,
      loss: loss?.kind ?? before.loss,
      optimizer: optimizer?.kind ?? before.optimizer,
      epochMonitor: epochScheduler === undefined ? before.epochMonitor : epochScheduler && monitorOf(epochScheduler),
      stepMonitor: stepScheduler === undefined ? before.stepMonitor : stepScheduler && monitorOf(stepScheduler),
    },
    after: (manifest) => ({
      ...manifest,
      loss: storedLoss ?? manifest.loss,
      optimizer: storedOptimizer ? { recipe: storedOptimizer, state: null } : manifest.optimizer,
      epochScheduler: epochScheduler === undefined ? manifest.epochScheduler : (epoch ?? null),
      stepScheduler: stepScheduler === undefined ? manifest.stepScheduler : (step ?? null),
    }),
  };
}

async function storeFresh(scheduler: Scheduler, functions: FunctionRegistry): Promise<StoredScheduler> {
  const { recipe, state } = freshScheduler(scheduler);
  return { recipe: await functions.store(recipe), state };
}
