import type { Plain } from '../values/plain.js';
import type { CallbackContext } from './context.js';

type Hook = (ctx: CallbackContext) => void | Promise<void>;

/**
 * What a callback can be told, in the order of a train. Training waits for what a hook returns. Where one throws, the train throws `CALLBACK_FAILED`, and
 * the model is back where it was.
 */
export interface Hooks {
  /** Before the first validation. Not where a train is gone on with. */
  onFitStart?: Hook;
  /** Not where a train is gone on with in the middle of the epoch. */
  onEpochStart?: Hook;
  /** `ctx.batch` is what the step is about to learn from; `ctx.lr` its rate. */
  onStepStart?: Hook;
  /** `ctx.loss` is what the step met before its update; `ctx.step` counts it already. */
  onStepEnd?: Hook;
  /** Before the validation that comes after an epoch, and before that which comes before all (`ctx.epoch` is −1). */
  onValidationStart?: Hook;
  /** `ctx.scores` has the validation's. */
  onValidationEnd?: Hook;
  /** `ctx.scores` has all of the epoch. Before the epoch scheduler moves on. */
  onEpochEnd?: Hook;
  /** The end, also where training has been stopped early; before `loadBest` goes back. Not where it throws. */
  onFitEnd?: Hook;
  /**
   * Where training stands is about to be stored. What it returns is stored too, and handed to `onLoadCheckpoint`. May be called oftener than anything is
   * stored, and can't wait for anything.
   */
  onSaveCheckpoint?: (ctx: CallbackContext) => Plain | void;
  /** The train is gone on with, and all state is restored. @param saved what `onSaveCheckpoint` returned */
  onLoadCheckpoint?: (ctx: CallbackContext, saved: Plain) => void | Promise<void>;
  /** After `onLoadCheckpoint` of all callbacks. */
  onRestore?: Hook;
  /** Training throws this. What a callback throws here is said, and changes nothing. */
  onException?: (ctx: CallbackContext, error: unknown) => void | Promise<void>;
}

export type HookName = keyof Hooks;

export const hookNames: readonly HookName[] = [
  'onFitStart',
  'onEpochStart',
  'onStepStart',
  'onStepEnd',
  'onValidationStart',
  'onValidationEnd',
  'onEpochEnd',
  'onFitEnd',
  'onSaveCheckpoint',
  'onLoadCheckpoint',
  'onRestore',
  'onException',
];
