import type { DataSource, SampleStream } from '../ports/data-source.js';
import type { TrainingState } from '../state/training-state.js';
import type { TrainResult } from './result.js';

/** What a train call learns from, and what it is judged by. */
export interface TrainingData {
  readonly train: DataSource | SampleStream;
  readonly validation: DataSource | SampleStream | null;
}

/** What a train call came to, and where training stands now. */
export interface Trained {
  readonly result: TrainResult;
  readonly state: TrainingState;
}
