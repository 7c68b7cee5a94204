import { monitorOf } from '../components/schedule.js';
import { OptionError } from '../errors/option-error.js';
import type { TrainingState } from '../state/training-state.js';
import type { TrainSettings } from './options.js';
import type { Scores } from './result.js';

/** An epoch's scores as schedulers look at them: `train_loss`, `val_accuracy`, … */
export function monitorsOf(train: Scores, val: Scores | null): { readonly [name: string]: number } {
  const named = (prefix: string, scores: Scores): (readonly [string, number])[] =>
    Object.entries(scores).map(([name, value]) => [`${prefix}_${name}`, value]);
  return Object.fromEntries([...named('train', train), ...(val === null ? [] : named('val', val))]);
}

/**
 * Whether a train call will have what its schedulers look at.
 * @throws OptionError `INVALID_OPTION`
 */
export function checkMonitors(
  state: Pick<TrainingState, 'epochScheduler' | 'stepScheduler'>,
  { metrics }: Pick<TrainSettings, 'metrics'>,
  hasValidation: boolean,
): void {
  const scores = ['loss', ...metrics.map(({ name }) => name)];
  const known = [
    ...scores.map((name) => `train_${name}`),
    ...(hasValidation ? scores.map((name) => `val_${name}`) : []),
  ];
  check('epochScheduler', state.epochScheduler, known);
  check('stepScheduler', state.stepScheduler, ['train_loss']);
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
