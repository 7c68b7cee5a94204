import { OptionError } from '../errors/option-error.js';
import { nearest } from '../options/nearest.js';
import type { CallbackContext } from './context.js';
import { allNames } from './contexts.js';

/**
 * What a monitor says of the epoch that has ended. NaN is a value; a name that nothing has is an error, and never a number.
 * @throws OptionError `INVALID_OPTION`
 */
export function monitored(where: string, ctx: CallbackContext, monitor: string): number {
  const { scores } = ctx;
  if (Object.hasOwn(scores, monitor)) return scores[monitor] as number;
  const known = allNames(ctx);
  const close = nearest(monitor, known);
  const hint = close === undefined ? '' : ` Did you mean '${close}'?`;
  throw new OptionError(
    'INVALID_OPTION',
    `${where}: after epoch ${ctx.epoch} there is no '${monitor}' to monitor.${hint} There is ${known.join(', ')}. ` +
      'A callback that logs a quantity has to come before one that monitors it, and must not say that it only observes.',
    { where, option: 'monitor', known, ...(close === undefined ? {} : { nearest: close }) },
  );
}
