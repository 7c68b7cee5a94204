import { decides, mayLog } from '../callbacks/callback.js';
import { objectiveNames, objectiveScores } from '../components/objective-list.js';
import { monitorOf, type Monitors } from '../components/schedule.js';
import { OptionError } from '../errors/option-error.js';
import type { TrainingState } from '../state/training-state.js';
import type { TrainSettings } from './options.js';
import type { Scores } from './result.js';

/** An epoch's scores as schedulers look at them: `train_loss`, `val_accuracy`, … */
export function monitorsOf(train: Scores, val: Scores | null): Monitors {
  return { ...prefixed('train', train), ...prefixed('val', val) };
}

/** One half of them. */
export function prefixed(prefix: 'train' | 'val', scores: Scores | null): Monitors {
  return Object.fromEntries(Object.entries(scores ?? {}).map(([name, value]) => [`${prefix}_${name}`, value]));
}

/** An epoch's scores, as monitors, and which way each is better. */
export function scoreModes(
  metrics: readonly { readonly name: string; readonly mode: 'min' | 'max' }[],
  validation: boolean,
  objectives: readonly string[] = [],
): ReadonlyMap<string, 'min' | 'max'> {
  const modes = new Map(metrics.map(({ name, mode }) => [name, mode]));
  const names = scoreNames(metrics, validation, objectives);
  return new Map(names.map((name) => [name, modes.get(name.slice(name.indexOf('_') + 1)) ?? 'min']));
}

/** The names of an epoch's scores, as monitors. */
export function scoreNames(
  metrics: readonly { readonly name: string }[],
  validation: boolean,
  objectives: readonly string[] = [],
): readonly string[] {
  const scores = ['loss', ...[...objectiveScores(objectives), ...metrics].map(({ name }) => name)];
  return (validation ? ['train', 'val'] : ['train']).flatMap((prefix) => scores.map((name) => `${prefix}_${name}`));
}

/**
 * Whether a train call will have what its schedulers look at.
 * @throws OptionError `INVALID_OPTION`
 */
export function checkMonitors(
  state: Pick<TrainingState, 'loss' | 'epochScheduler' | 'stepScheduler'>,
  { metrics, callbacks, step }: Pick<TrainSettings, 'metrics' | 'callbacks' | 'step'>,
  hasValidation: boolean,
): void {
  const known = scoreNames(metrics, hasValidation, objectiveNames(state.loss));
  // What callbacks log, and a step of one's own, is known when it comes.
  const logs = step !== null || callbacks.some((each) => decides(each) && mayLog(each));
  if (!logs) check('epochScheduler', state.epochScheduler, known);
  check('stepScheduler', state.stepScheduler, ['train_loss']);
}

/**
 * Whether there is what the epoch scheduler looks at, at the end of an epoch.
 * @param logged all that was logged in the epoch, by callbacks that only observe, too
 * @throws OptionError `INVALID_OPTION`
 */
export function checkEpochMonitor(
  scheduler: TrainingState['epochScheduler'],
  monitors: Monitors,
  logged: Monitors,
): void {
  const monitor = scheduler === null ? null : monitorOf(scheduler.recipe);
  const isObserved = monitor !== null && !Object.hasOwn(monitors, monitor) && Object.hasOwn(logged, monitor);
  if (!isObserved) return check('epochScheduler', scheduler, Object.keys(monitors));
  throw new OptionError(
    'INVALID_OPTION',
    `train(): the epochScheduler looks at '${monitor}', which is logged by a callback that only observes. Leave \`observes\` out there: what moves a scheduler is a part of ` +
      'what identifies the call.',
    { where: 'train()', option: 'epochScheduler' },
  );
}

function check(component: string, scheduler: TrainingState['epochScheduler'], known: readonly string[]): void {
  const monitor = scheduler === null ? null : monitorOf(scheduler.recipe);
  if (monitor === null || known.includes(monitor)) return;
  const remedy =
    component === 'stepScheduler'
      ? 'A step scheduler sees only the loss of its step'
      : monitor.startsWith('val_') && !known.some((name) => name.startsWith('val_'))
        ? 'Give validation data, or monitor one of these'
        : 'Add the metric, or monitor one of these';
  throw new OptionError(
    'INVALID_OPTION',
    `train(): the ${component} looks at '${monitor}', and this call has no such figure. ${remedy}: ${known.join(', ')}.`,
    { where: 'train()', option: component, known },
  );
}
