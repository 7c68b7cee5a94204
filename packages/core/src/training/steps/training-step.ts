import type { FunctionOptions, UserFunction } from '../../functions/user-function.js';
import { userFunction } from '../../functions/user-function.js';
import { checkOptions } from '../../options/check-options.js';
import { func, refuse } from '../../options/validators.js';
import type { Batch } from '../../ports/data-source.js';

/** What a training step of one's own works with. It is valid until the function returns. */
export interface StepScope {
  /** Steps over the life of the state, from 0. */
  readonly step: number;
  /** Epochs over the life of the state, from 0. */
  readonly epoch: number;
  /** What the step learns from. Not to be written to, nor kept: its memory is used again. */
  readonly batch: Batch;
  /**
   * One pass of the batch through the net, and an update of the objective's parameters: those of `objectives`, by name, or `loss` where there is one. Resolves with the
   * loss, before the update. Each pass has dropout masks of its own, and moves buffers.
   * @throws OptionError `INVALID_OPTION` where there is no such objective; TrainingError `LOSS_NOT_FINITE`; RepriseError `OP_IN_FLIGHT` where one before it
   * was not awaited
   */
  minimize(objective: string, options?: MinimizeOptions): Promise<number>;
  /** Records a quantity of this step: it is in the result's `logged`, plotted, and can be monitored. */
  log(key: string, value: number): void;
}

/** How an objective is minimised in a step of one's own. */
export interface MinimizeOptions {
  /**
   * In place of the rate that the optimizer and the schedulers make: that of the first group with parameters of the objective, the others of it in proportion
   * to where they begin.
   */
  readonly lr?: number;
}

/** A training step as a function. The number that it returns is the step's loss; without one it is the sum of what was minimised. */
export type StepFunction = (s: StepScope) => number | void | Promise<number | void>;

/** A training step of one's own. Made by {@link trainingStep}. */
export interface TrainingStep {
  readonly role: 'step';
  readonly run: UserFunction<StepFunction>;
}

/**
 * A training step of one's own, in place of the one that minimises each objective in turn: which of them are minimised on a batch, and in what order. Where it is
 * none, nothing moves.
 *
 * ```ts
 * trainingStep(async (s) => {
 *   await s.minimize('discriminator');
 *   if (s.step % 5 === 4) await s.minimize('generator');
 * })
 * ```
 * It decides what training comes to, so it is fingerprinted by its source: what it closes over is given in `deps`, or it has a `key`.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function trainingStep(run: StepFunction, options: FunctionOptions = {}): TrainingStep {
  func('trainingStep()', 'the step', run);
  checkOptions('trainingStep()', options, ['deps', 'key']);
  return Object.freeze({ role: 'step', run: userFunction(run, options) });
}

/** Who logs what a step of one's own logs: no callback can have this name. */
export const loggedByStep = 'train/step';

/** @throws OptionError `INVALID_OPTION` */
export function checkTrainingStep(where: string, value: unknown): asserts value is TrainingStep {
  if (typeof value === 'object' && value !== null && (value as Partial<TrainingStep>).role === 'step') return;
  refuse(where, 'step', 'a step such as trainingStep(async (s) => { await s.minimize(…); })', value);
}
