import type { OpKind, OpRecord, Place } from '../ports/op-log.js';
import type { DivergencePolicy } from '../replay/policy.js';
import type { Fields } from '../replay/fields.js';
import type { TrainingState } from '../state/training-state.js';
import type { OpContext } from '../training/context.js';
import type { Course, CourseProgress, PartialEpoch, TrainProgress } from '../training/course.js';
import type { Judgement } from '../training/outcome.js';
import type { SnapshotSettings } from '../training/snapshots.js';
import type { Plain } from '../values/plain.js';
import type { Data } from './call-options.js';

/** What an op's body gets and gives: data, and the training state that it left where it moved it. */
export interface Work {
  readonly result: Plain;
  readonly moved: TrainingState | null;
}

/** A recorded call, as its maker describes it. */
export interface Request {
  readonly kind: OpKind;
  /** Of a `cached` call. */
  readonly name?: string;
  /** The caller's own name for the call. */
  readonly key?: string | undefined;
  readonly fields: Fields;
  readonly observed: Fields;
  /** What data sets among the fields are made of, by path. */
  outline(): Promise<Fields>;
  /** What `replay` looks at of the record. */
  readonly summary?: Fields;
  /** Of a train. */
  readonly extending?: TrainRequest;
  readonly diverges: boolean;
  readonly onDivergence: DivergencePolicy;
  /** What it reads, to be looked at again once it has run. */
  readonly data: readonly Data[];
  readonly signal: AbortSignal | undefined;
  /** Whether its header and lines are printed. */
  readonly silent: boolean;
  /** Fits a recorded result to what this call observes. */
  replay?(result: Plain, record: OpRecord): Replayed;
  /** The call was answered: to be called once the log knows. */
  answered?(result: Plain, at: { readonly place: Place; readonly record: OpRecord }): Promise<void>;
  work(context: OpContext, training: TrainingState, course?: Course): Promise<Work>;
}

/** What going on with a train needs to know of it. */
export interface TrainRequest {
  readonly epochs: number;
  readonly settings: Judgement;
  readonly snapshots: SnapshotSettings;
  /** Digests of the metrics and validation data that its scores are made with. */
  readonly observations: Fields;
  /** Recorded scores as this call would have seen them, and what it asks for that they lack, by path. */
  fit(recorded: RecordedProgress): { readonly progress: CourseProgress; readonly lacks: readonly string[] };
}

/** Scores as they are recorded. */
export interface RecordedProgress extends TrainProgress {
  /** Null at the end of an epoch; a record, and what was stored before there were snapshots within epochs, has none. */
  readonly partial?: PartialEpoch | null;
  /** Digests of the metrics and validation data that they were made with, by path. */
  readonly observations: Fields;
  /** Those that a part of them is without. */
  readonly lacks: readonly string[];
}

/** A replayed result, and what the call observes that the record lacks, by path. */
export interface Replayed {
  readonly result: Plain;
  readonly lacks: readonly string[];
}
