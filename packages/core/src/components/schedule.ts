import type { UserFunction } from '../functions/user-function.js';
import { refuse } from '../options/validators.js';
import type { SchedulerState } from '../state/training-state.js';
import { advancePlateau, freshPlateau, plateauLr, type PlateauArgs, type PlateauState } from './plateau.js';
import type { Recipe } from './recipe.js';

/** What can be looked at after an epoch or a step: `train_loss`, `val_loss`, `val_accuracy`, … */
export type Monitors = Readonly<Record<string, number>>;

/** A scheduler as `setup` leaves it: it has not stepped yet. */
export function freshScheduler(recipe: Recipe): SchedulerState {
  return {
    recipe,
    state: recipe.kind === 'reduceOnPlateau' ? freshPlateau(recipe.args as unknown as PlateauArgs) : { count: 0 },
  };
}

/**
 * The learning rate that a scheduler makes of `lr`: a pure function of the schedule, `lr` and how often it has stepped, in closed form,
 * so that a resumed run has the same rates as an uninterrupted one to the last bit. Null is no scheduler.
 */
export function lrAt(scheduler: SchedulerState | null, lr: number): number {
  if (scheduler === null) return lr;
  const { recipe, state } = scheduler;
  if (recipe.kind === 'reduceOnPlateau') {
    return plateauLr(recipe.args as unknown as PlateauArgs, state as unknown as PlateauState, lr);
  }
  const formula = formulas[recipe.kind];
  if (formula === undefined) refuse('setup()', 'scheduler', 'a scheduler that this version knows', recipe.kind);
  return formula(recipe.args as never, state['count'] as number, lr);
}

/** The rate of the next step: the step scheduler's, of the epoch scheduler's, of the optimizer's. */
export function nextLr(
  base: number,
  epochScheduler: SchedulerState | null,
  stepScheduler: SchedulerState | null,
): number {
  return lrAt(stepScheduler, lrAt(epochScheduler, base));
}

/**
 * The scheduler after one more epoch or step. `monitors` has to hold what the scheduler looks at.
 */
export function advanceScheduler(scheduler: SchedulerState, monitors: Monitors): SchedulerState {
  const { recipe, state } = scheduler;
  if (recipe.kind !== 'reduceOnPlateau') return { recipe, state: { count: (state['count'] as number) + 1 } };
  const args = recipe.args as unknown as PlateauArgs;
  const value = monitors[args.monitor];
  if (value === undefined) {
    const known = Object.keys(monitors).join(', ');
    refuse('reduceOnPlateau()', 'monitor', `one of what there is to look at: ${known}`, args.monitor);
  }
  return { recipe, state: { ...advancePlateau(args, state as unknown as PlateauState, value) } };
}

/** The monitor that a scheduler looks at, such as `val_loss`; null where it looks at none. */
export function monitorOf(recipe: Recipe): string | null {
  return recipe.kind === 'reduceOnPlateau' ? (recipe.args as unknown as PlateauArgs).monitor : null;
}

const formulas: Readonly<Record<string, (args: never, t: number, lr: number) => number>> = {
  stepLR: (args: { stepSize: number; gamma: number }, t, lr) => lr * args.gamma ** Math.floor(t / args.stepSize),
  multiStepLR: (args: { milestones: readonly number[]; gamma: number }, t, lr) =>
    lr * args.gamma ** args.milestones.filter((milestone) => milestone <= t).length,
  exponentialLR: (args: { gamma: number }, t, lr) => lr * args.gamma ** t,
  cosine: (args: { tMax: number; etaMin: number }, t, lr) =>
    args.etaMin + ((lr - args.etaMin) * (1 + Math.cos((Math.PI * t) / args.tMax))) / 2,
  linearWarmup: (args: { steps: number; startFactor: number }, t, lr) =>
    lr * (args.startFactor + (1 - args.startFactor) * Math.min(1, t / args.steps)),
  oneCycle,
  lambda,
};

interface OneCycleArgs {
  readonly maxLr: number;
  readonly totalSteps: number;
  readonly pctStart: number;
  readonly divFactor: number;
  readonly finalDivFactor: number;
  readonly anneal: 'cos' | 'linear';
}

function oneCycle(args: OneCycleArgs, t: number): number {
  const first = args.maxLr / args.divFactor;
  const last = first / args.finalDivFactor;
  const peak = args.pctStart * args.totalSteps - 1;
  const end = args.totalSteps - 1;
  const at = Math.min(t, end);
  if (at <= peak) return between(first, args.maxLr, peak > 0 ? at / peak : 1, args.anneal);
  return between(args.maxLr, last, (at - peak) / (end - peak), args.anneal);
}

function between(from: number, to: number, part: number, anneal: OneCycleArgs['anneal']): number {
  const curve = anneal === 'cos' ? (1 - Math.cos(Math.PI * part)) / 2 : part;
  return from + (to - from) * curve;
}

function lambda(args: { factor: UserFunction<(t: number) => unknown> }, t: number, lr: number): number {
  const factor = args.factor.call(t);
  if (typeof factor !== 'number' || !Number.isFinite(factor)) {
    refuse('lambda()', `the factor at ${t}`, 'a finite number', factor);
  }
  return lr * factor;
}
