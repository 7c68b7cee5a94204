import type { StateDicts } from '../callbacks/stateful.js';
import type { Recipe } from '../components/recipe.js';
import type { Plain } from '../values/plain.js';

/** A scheduler and where it stands. */
export interface SchedulerState {
  readonly recipe: Recipe;
  /** How often it has stepped since it was set up, and what a schedule that looks back (reduceOnPlateau) keeps. */
  readonly state: { readonly [name: string]: Plain };
}

/** The part of a state that the loop reads and moves: everything except the tensors, which the engine holds. */
export interface TrainingState {
  readonly loss: Recipe | null;
  readonly optimizer: Recipe | null;
  readonly epochScheduler: SchedulerState | null;
  readonly stepScheduler: SchedulerState | null;
  readonly loop: {
    /** Epochs trained over the life of the state; the next one has this number. */
    readonly epoch: number;
    /** Steps taken over the life of the state. */
    readonly step: number;
  };
  readonly seed: number;
  /** Of what the user registered, and, within a train, of its callbacks. Left out where there is none. */
  readonly statefuls?: StateDicts;
}
