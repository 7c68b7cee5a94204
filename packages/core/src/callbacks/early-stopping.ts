import { checkNumber } from '../components/checks.js';
import { checkOptions } from '../options/check-options.js';
import { boolean, oneOf, positiveInteger, string } from '../options/validators.js';
import type { Callback } from './callback.js';
import type { CallbackContext } from './context.js';
import { monitored } from './monitored.js';

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions {
  /** What it looks at after each epoch: `val_loss`, `train_accuracy`, or a key that a callback logs. */
  readonly monitor: string;
  /** Stops after this many epochs in a row without a better value. Default 3. */
  readonly patience?: number;
  /** Better means by more than this. Default 0. */
  readonly minDelta?: number;
  /** Which way is better. Default: what the metric says; for what callbacks log, `max` where it is called as accuracies and the like are, else `min`. */
  readonly mode?: 'min' | 'max';
  /** Stops at a value that is NaN or infinite. Default true; where false, such a value counts as one that isn't better. */
  readonly stopOnNaN?: boolean;
  /** Stops at once where the value is at least as good as this. */
  readonly stoppingThreshold?: number;
  /** Stops at once where the value is worse than this. */
  readonly divergenceThreshold?: number;
  /** Tells several of them apart. Default `earlyStopping`. */
  readonly name?: string;
}

interface EarlyStoppingArgs extends Required<
  Omit<EarlyStoppingOptions, 'mode' | 'stoppingThreshold' | 'divergenceThreshold' | 'name'>
> {
  /** Null: as the metric says. */
  readonly mode: 'min' | 'max' | null;
  readonly stoppingThreshold: number | null;
  readonly divergenceThreshold: number | null;
}

/**
 * Stops training when what is monitored no longer gets better. The score of the state before training is not looked at. Its state, the best value and the
 * epochs since, is saved with snapshots. After the epoch that it stops at, `loadBest` can go back to the best one.
 * @throws OptionError
 */
export function earlyStopping(options: EarlyStoppingOptions): Callback {
  const where = 'earlyStopping()';
  const names = [
    'monitor',
    'patience',
    'minDelta',
    'mode',
    'stopOnNaN',
    'stoppingThreshold',
    'divergenceThreshold',
    'name',
  ];
  checkOptions(where, options, names);
  const { monitor, patience = 3, minDelta = 0, stopOnNaN = true } = options ?? {};
  const { mode = null, stoppingThreshold = null, divergenceThreshold = null, name = 'earlyStopping' } = options ?? {};
  string(where, 'monitor', monitor);
  string(where, 'name', name);
  positiveInteger(where, 'patience', patience);
  checkNumber(where, 'minDelta', minDelta, { min: 0 });
  if (mode !== null) oneOf(where, 'mode', mode, ['min', 'max']);
  boolean(where, 'stopOnNaN', stopOnNaN);
  if (stoppingThreshold !== null) checkNumber(where, 'stoppingThreshold', stoppingThreshold, {});
  if (divergenceThreshold !== null) checkNumber(where, 'divergenceThreshold', divergenceThreshold, {});
  const args = { monitor, patience, minDelta, mode, stopOnNaN, stoppingThreshold, divergenceThreshold };
  return new EarlyStopping(name, args);
}

class EarlyStopping implements Callback {
  readonly name: string;
  readonly identity: NonNullable<Callback['identity']>;
  readonly monitors: readonly string[];
  readonly #args: EarlyStoppingArgs;
  /** NaN: there was none. */
  #best = Number.NaN;
  #waited = 0;

  constructor(name: string, args: EarlyStoppingArgs) {
    this.name = name;
    this.identity = { kind: 'earlyStopping', args: { ...args } };
    this.monitors = [args.monitor];
    this.#args = args;
  }

  onEpochEnd(ctx: CallbackContext): void {
    const { monitor, patience, minDelta, stopOnNaN, stoppingThreshold, divergenceThreshold } = this.#args;
    const value = monitored('earlyStopping()', ctx, monitor);
    const sign = (this.#args.mode ?? ctx.better(monitor)) === 'min' ? 1 : -1;
    if (!Number.isFinite(value) && stopOnNaN) return ctx.stop(`${monitor} became ${value}`);
    if (stoppingThreshold !== null && sign * value <= sign * stoppingThreshold)
      return ctx.stop(`${monitor} has reached ${stoppingThreshold}`);
    if (divergenceThreshold !== null && sign * value > sign * divergenceThreshold)
      return ctx.stop(`${monitor} is worse than ${divergenceThreshold}`);
    const better = Number.isFinite(value) && (Number.isNaN(this.#best) || sign * value < sign * this.#best - minDelta);
    if (better) {
      this.#best = value;
      this.#waited = 0;
      return undefined;
    }
    this.#waited++;
    if (this.#waited < patience) return undefined;
    const count = `${patience} ${patience === 1 ? 'epoch' : 'epochs'}`;
    return ctx.stop(`no better ${monitor}${minDelta > 0 ? ` by more than ${minDelta}` : ''} for ${count}`);
  }

  stateDict(): { readonly best: number; readonly waited: number } {
    return { best: this.#best, waited: this.#waited };
  }

  loadStateDict(state: { readonly [name: string]: unknown }): void {
    this.#best = state['best'] as number;
    this.#waited = state['waited'] as number;
  }
}

/** Figures that are better when larger, by their usual names. */
const larger = /accuracy|precision|recall|(^|_)(acc|top\d*|f1|auc|r2|score)(_|$)/i;

/** Which way is better, as the name of a monitor suggests. */
export function modeOf(monitor: string): 'min' | 'max' {
  return larger.test(monitor) ? 'max' : 'min';
}
