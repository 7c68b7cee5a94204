import { checkOptions } from '../options/check-options.js';
import { oneOf, string } from '../options/validators.js';
import type { Callback } from './callback.js';
import type { CallbackContext } from './context.js';

/** Options of {@link lrMonitor}. */
export interface LrMonitorOptions {
  /** Whether it logs the rate of each step, or of each epoch's last step. Default `step`. */
  readonly per?: 'step' | 'epoch';
  /** What it is logged as. Default `lr`. */
  readonly key?: string;
}

/**
 * Logs the learning rate, so that it is in results, plots and loggers' files. Where the optimizer has groups, each one's is logged as well, as `lr/<group>`. Only observes.
 * @throws OptionError
 */
export function lrMonitor(options: LrMonitorOptions = {}): Callback {
  const where = 'lrMonitor()';
  checkOptions(where, options, ['per', 'key']);
  const { per = 'step', key = 'lr' } = options;
  oneOf(where, 'per', per, ['step', 'epoch']);
  string(where, 'key', key);
  const log = (ctx: CallbackContext): void => {
    ctx.log(key, ctx.lr, { per });
    const groups = Object.entries(ctx.rates);
    if (groups.length > 1) for (const [group, rate] of groups) ctx.log(`${key}/${group}`, rate, { per });
  };
  return {
    name: 'lrMonitor',
    observes: true,
    identity: { kind: 'lrMonitor', args: { per, key } },
    ...(per === 'step' ? { onStepEnd: log } : { onEpochEnd: log }),
  };
}
