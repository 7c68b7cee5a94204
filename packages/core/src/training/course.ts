import type { CallbackProgress } from '../callbacks/progress.js';
import type { Held } from '../state/held.js';
import type { TrainingState } from '../state/training-state.js';
import type { Plain } from '../values/plain.js';
import type { Tensors } from '../values/tensor.js';
import type { EpochRecord, Scores } from './result.js';

/** How far a train has come at the end of an epoch, as data: what it needs beside the state of that moment to go on as if it had not stopped. */
export interface TrainProgress {
  /** On the validation data, before the first epoch. */
  readonly initial: Scores | null;
  readonly history: readonly EpochRecord[];
  /** Updates over the life of the state, before the call. Left out in records that are older than this figure. */
  readonly begun?: number;
  /** Of the callbacks. Left out where there are none. */
  readonly callbacks?: CallbackProgress;
}

/** The part of an epoch that is done: its scores so far, and where in the data it is. */
export interface PartialEpoch {
  readonly steps: number;
  readonly samples: number;
  /** The sum that the mean loss is made of, and of the weights it is over. */
  readonly loss: number;
  readonly weight: number;
  /** The same of each objective. Left out where the loss is a plain one. */
  readonly objectives?: { readonly [name: string]: { readonly loss: number; readonly weight: number } };
  /** By metric. One that is missing was not gathered from the beginning. */
  readonly accumulators: { readonly [metric: string]: Plain };
  /** Of the last step. */
  readonly lr: number;
  /** Seconds. */
  readonly time: number;
}

export interface CourseProgress extends TrainProgress {
  /** Null at the end of an epoch. */
  readonly partial: PartialEpoch | null;
}

/** The state to go back to at the end, where `loadBest` says so. */
export interface Best {
  /** Where training stood; null for the state that the whole call began from, or one that is stored already. */
  readonly state: TrainingState | null;
  readonly held: Held;
}

/** Between two steps: a call can be gone on with from here. */
export interface Point {
  readonly progress: CourseProgress;
  readonly held: Held;
  readonly training: TrainingState;
  /** What callbacks validate with in place of parameters that are trained; null: nothing. */
  readonly averages: Tensors | null;
  /** Null where this point is the best, or none will be asked for. */
  readonly best: Best | null;
  /** Whether all parameters are numbers. One pass over them. */
  sound(): Promise<boolean>;
  /** Lets go of the states that it holds. Whoever has been given the point calls it, once. */
  release(): void;
}

/** How far a train is, to ask whether a snapshot is wanted. */
export interface Moment {
  /** Whole epochs of the call. */
  readonly epochs: number;
  /** Steps of the epoch after them; 0 at an epoch's end. */
  readonly steps: number;
  /** Steps since this process has begun the call. */
  readonly step: number;
  /** The scores of the epoch that has just ended; null within one. */
  readonly scores: { readonly [monitor: string]: number } | null;
}

/** Where a train begins, and who is told how far it is. */
export interface Course {
  /** Where it is gone on with, the net and the state given being those of that point; null from the beginning. */
  readonly from: { readonly progress: CourseProgress; readonly best: Best | null } | null;
  /** Whether a snapshot is wanted now. Asked between any two steps, so it must be cheap. */
  due(moment: Moment): boolean;
  /**
   * Takes a point that was due, and holds it from now on. It is stored while training goes on; this waits only for an earlier one. False where it can't be
   * stored.
   */
  take(point: Point, moment: Moment): Promise<boolean>;
  /** A step has been taken: the engine no longer reads what was captured before it. @throws where a snapshot could not be stored */
  stepped(): void;
  /** Training ends here, or, where it throws, had come to here. False where it can't be gone on with from here. */
  ends(point: Point): boolean;
}

/** The course of a call that nobody will go on with. */
export const fromTheBeginning: Course = {
  from: null,
  due: () => false,
  take: async () => false,
  stepped: () => undefined,
  ends: () => true,
};
