import type { SavedCheckpoints } from '../callbacks/callback.js';
import type { LoggedQuantities } from '../callbacks/logged.js';

/**
 * The mean loss over samples (of objectives: of the sums that were minimised), that of each objective, and each metric by its name. A metric that only observes belongs to no training's identity, so a record may be replayed
 * that was made without it: it is then undefined.
 */
export type Scores<Names extends string = string> = { readonly loss: number } & ObjectiveScores & {
    readonly [N in Names]: number;
  };

/** The losses of objectives (`generator_loss`), where the loss is made of some; NaN in training where one was minimised on no batch. */
export type ObjectiveScores = { readonly [score: `${string}_loss`]: number };

/** One epoch of a train call. */
export interface EpochRecord<Names extends string = string> {
  /** Counts from 0 within the call. */
  readonly epoch: number;
  /** Over the epoch's batches, each seen before its update. */
  readonly train: Scores<Names>;
  /** After the epoch. Null without validation data, also where a record is replayed that was made without. */
  readonly val: Scores<Names> | null;
  /** The learning rate of the epoch's last step. */
  readonly lr: number;
  /** Seconds, validation included. */
  readonly time: number;
  /** Updates over the life of the state, at its end. Left out in records that are older than this figure. */
  readonly step?: number;
}

/** What a train call came to. Plain data. */
export interface TrainResult<Names extends string = string> {
  /** On the validation data, before the first epoch; null as `val` is. */
  readonly initial: Scores<Names> | null;
  readonly history: readonly EpochRecord<Names>[];
  /** Where what `watch` names was best; epoch −1 is the state before training. Null where nothing was watched, or what was is NaN throughout. */
  readonly best: BestEpoch | null;
  /** Why it ended: all epochs were trained, `patience` ran out, a callback said so, or `maxSteps` or `maxTime` were reached. */
  readonly stopped: 'epochs' | 'patience' | 'callback' | 'steps' | 'time';
  /** How many epochs were trained. */
  readonly epochs: number;
  /** The state the call ended at: that of the last epoch, or, with `loadBest`, of the best one. */
  readonly loaded: 'last' | 'best';
  /** Updates over the life of the state, before the call. Left out in records that are older than this figure. */
  readonly begun?: number;
  /** What callbacks logged, by key. Left out where nothing was. */
  readonly logged?: LoggedQuantities;
  /** The checkpoints that callbacks keep of it, by callback. Left out where there are none. */
  readonly saved?: { readonly [callback: string]: SavedCheckpoints };
}

export interface BestEpoch {
  readonly epoch: number;
  readonly value: number;
}
