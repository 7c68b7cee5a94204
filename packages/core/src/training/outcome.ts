import type { TrainProgress } from './course.js';
import { epochLabel } from './progress/epoch-lines.js';
import { figure } from './format.js';
import type { TrainSettings } from './options.js';
import type { BestEpoch, TrainResult } from './result.js';
import { Watch } from './watch.js';

/** What a train came to. */
export interface Outcome {
  readonly result: TrainResult;
  /** Whether it ends at the state of its best epoch instead of its last. */
  readonly goBack: boolean;
  /** What is said at the end. */
  readonly lines: readonly string[];
}

/** What settings say that follow from an epoch's scores. */
export type Judgement = Pick<
  TrainSettings,
  'epochs' | 'watch' | 'metrics' | 'patience' | 'warmup' | 'minDelta' | 'loadBest' | 'callbacks'
>;

/** The result of a train that ends here: a function of its history and its settings alone. */
export function outcomeOf(
  { initial, history, callbacks, begun }: TrainProgress,
  settings: Judgement,
  stopped: TrainResult['stopped'],
): Outcome {
  const { epochs: total, watch: name, patience, minDelta, loadBest } = settings;
  const watch = watchOver({ initial, history }, settings);
  const best = watch?.best ?? null;
  const goBack = loadBest && best !== null && best.epoch !== history.length - 1;
  const count = `${patience} ${patience === 1 ? 'epoch' : 'epochs'}`;
  const lines = [
    ...(stopped === 'patience'
      ? [`stopped: no better ${name}${minDelta > 0 ? ` by more than ${minDelta}` : ''} for ${count}`]
      : []),
    ...(callbacks?.stop && stopped !== 'patience' && stopped !== 'epochs' ? [`stopped: ${callbacks.stop.why}`] : []),
    ...(watch !== null && best === null
      ? [`nothing was best: val_${name} was NaN throughout${loadBest ? ', so the last epoch stays' : ''}`]
      : []),
    ...(goBack ? [`went back to ${where(best, total)}: val_${name} ${figure(best.value)}`] : []),
  ];
  const loaded = goBack ? 'best' : 'last';
  const logged = callbacks?.logged.series ?? {};
  const result = { initial, history, best, stopped, epochs: history.length, loaded } as const;
  const saved = callbacks?.saved ?? {};
  const told = {
    ...(begun !== undefined && { begun }),
    ...(Object.keys(logged).length > 0 && { logged }),
    ...(Object.keys(saved).length > 0 && { saved }),
  };
  return { result: { ...result, ...told }, goBack, lines };
}

/** The watch as it stands after these epochs; null where nothing is watched. */
export function watchOver({ initial, history }: TrainProgress, settings: Judgement): Watch | null {
  if (settings.watch === null || initial === null) return null;
  const watch = new Watch({ ...settings, watch: settings.watch }, initial);
  for (const { epoch, val } of history) if (val !== null) watch.see(epoch, val);
  return watch;
}

function where({ epoch }: BestEpoch, total: number): string {
  return epoch < 0 ? 'the state before training' : epochLabel(epoch, total);
}
