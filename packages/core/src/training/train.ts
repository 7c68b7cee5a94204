import type { StepSpec } from '../ports/engine.js';
import { claim } from '../callbacks/claims.js';
import { Held } from '../state/held.js';
import type { TrainingState } from '../state/training-state.js';
import type { OpContext } from './context.js';
import { type Course, fromTheBeginning } from './course.js';
import { frozenNames } from './freeze.js';
import { checkMonitors } from './monitors.js';
import type { TrainSettings } from './options.js';
import { Progress } from './progress/progress.js';
import { trainable } from './trainable.js';

import type { Trained, TrainingData } from './training-data.js';
import { TrainRun } from './train-run.js';

/**
 * Trains the live net. The state given says where training stands; the one returned, where it came to, and the engine holds the
 * tensors that belong to it. If anything throws, the engine is back at the tensors that it held before.
 *
 * Order within a step: rate, update, step scheduler; then a point that a later call can go on from. Within an epoch: its steps, validation, epoch
 * scheduler, best; then such a point again; then patience. Callbacks come where `Hooks` says: at the end of a step before its point, at that of an epoch
 * before the scheduler.
 * At the end each parameter is looked at once: the last update is one that no loss follows.
 * @param course where the call is gone on with, and who is told where it could be
 * @throws TrainingError `LOSS_NOT_FINITE`; RepriseError `NO_LOSS`, `NO_OPTIMIZER`; OptionError; DataError; the signal's reason
 */
export async function train(
  context: OpContext,
  state: TrainingState,
  data: TrainingData,
  settings: TrainSettings,
  course: Course = fromTheBeginning,
): Promise<Trained> {
  const { loss, optimizer } = trainable('train()', state);
  checkMonitors(state, settings, data.validation !== null);
  const giveBack = claim(settings.callbacks);
  try {
    return await trained(context, state, data, settings, course, { loss, optimizer });
  } finally {
    giveBack();
  }
}

async function trained(
  context: OpContext,
  state: TrainingState,
  data: TrainingData,
  settings: TrainSettings,
  course: Course,
  { loss, optimizer }: Pick<StepSpec, 'loss' | 'optimizer'>,
): Promise<Trained> {
  const frozen = frozenNames(settings.freeze, context.net.description);
  // Held to the end: it is what the engine goes back to where anything throws.
  const before = new Held(context.net.capture());
  const progress = new Progress(context.host, settings.progress, settings.epochs);
  const initial = await before.engine();
  const run = new TrainRun(
    context,
    state,
    data,
    settings,
    { loss, optimizer, frozen, clip: settings.clip },
    { held: before, engine: initial },
    progress,
    course,
  );
  try {
    return await run.train();
  } catch (error) {
    try {
      await run.stopped(error);
    } finally {
      context.net.restore(await before.engine());
    }
    throw error;
  } finally {
    run.letGo();
    progress.clear();
  }
}
