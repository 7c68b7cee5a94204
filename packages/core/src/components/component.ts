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
