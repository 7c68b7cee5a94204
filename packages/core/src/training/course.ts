import type { EngineState } from '../ports/engine.js';
import type { TrainingState } from '../state/training-state.js';
import type { EpochRecord, Scores } from './result.js';

/** How far a train has come at the end of an epoch, as data: what it needs beside the state of that moment to go on as if it had not stopped. */
export interface TrainProgress {
  /** On the validation data, before the first epoch. */
  readonly initial: Scores | null;
  readonly history: readonly EpochRecord[];
}

/** The state to go back to at the end, where `loadBest` says so. */
export interface Best {
  /** Where training stood; null for the state that the whole call began from, or one that is stored already. */
  readonly state: TrainingState | null;
  engine(): Promise<EngineState>;
}

/** The end of an epoch: a call can be gone on with from here. */
export interface Point {
  readonly progress: TrainProgress;
  /** Never written to again. */
  readonly engine: EngineState;
  readonly training: TrainingState;
  /** Null where this point is the best, or none will be asked for. */
  readonly best: Best | null;
  /** Whether all parameters are numbers. One pass over them. */
  sound(): boolean;
}

/** Where a train begins, and who is told how far it is. */
export interface Course {
  /** Where it is gone on with, the net and the state given being those of that point; null from the beginning. */
  readonly from: { readonly progress: TrainProgress; readonly best: Best | null } | null;
  /** Told after each epoch, the last one included. Training waits for it. */
  reached(point: Point): Promise<void>;
}

/** The course of a call that nobody will go on with. */
export const fromTheBeginning: Course = { from: null, reached: async () => undefined };
