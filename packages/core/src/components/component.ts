import { OptionError } from '../errors/option-error.js';
import { refuse } from '../options/validators.js';
import type { Recipe } from './recipe.js';

/** What a component is for. A recipe says so itself, so that a loss can't stand where an optimizer is wanted. */
export type Role = 'optimizer' | 'loss' | 'scheduler' | 'metric';

/** A recipe together with its role. Plain data, except for the user's functions among its arguments. */
export interface Component<R extends Role, Kind extends string = string> extends Recipe<Kind> {
  readonly role: R;
}

/** How parameters are updated. Made by `sgd`, `adam`, `adamw`, `rmsprop` and `adagrad`. */
export type Optimizer<Kind extends string = string> = Component<'optimizer', Kind>;

/** What is minimised. Made by `crossEntropy`, `binaryCrossEntropy`, `mse`, `l1`, `huber`, or by an engine's own maker. */
export type Loss<Kind extends string = string> = Component<'loss', Kind>;

/** How the learning rate moves, per epoch or per step. Made by `stepLR`, `cosine`, `oneCycle` and the others. */
export type Scheduler<Kind extends string = string> = Component<'scheduler', Kind>;

/**
 * Makes a component: what an engine calls to offer a loss or an optimizer of its own.
 * `args` holds every argument, defaults included, since it is all that is compared and stored.
 */
export function component<R extends Role, Kind extends string>(
  role: R,
  kind: Kind,
  args: Recipe['args'] = {},
): Component<R, Kind> {
  return Object.freeze({ role, kind, args: Object.freeze({ ...args }) });
}

/**
 * Refuses whatever isn't a component of this role: `optimizer` must be an optimizer such as adam(), and got the loss mse().
 * @throws OptionError `INVALID_OPTION`
 */
export function checkRole<R extends Role>(
  where: string,
  option: string,
  value: unknown,
  role: R,
): asserts value is Component<R> {
  if (isComponent(value) && value.role === role) return;
  const wanted = examples[role];
  if (isComponent(value)) {
    const message = `${where}: ${option} must be ${wanted}, and got the ${value.role} ${value.kind}().`;
    throw new OptionError('INVALID_OPTION', message, { where, option });
  }
  const hint = typeof value === 'function' && value.name !== '' ? `, called: ${value.name}(…)` : '';
  refuse(where, option, `${wanted}${hint}`, value);
}

const examples: Readonly<Record<Role, string>> = {
  optimizer: 'an optimizer such as adam()',
  loss: 'a loss such as crossEntropy()',
  scheduler: 'a scheduler such as stepLR()',
  metric: 'a metric such as accuracy()',
};

function isComponent(value: unknown): value is Component<Role> {
  return typeof value === 'object' && value !== null && 'role' in value && 'kind' in value && 'args' in value;
}
