import type { Monitors } from '../components/schedule.js';
import type { Batch } from '../ports/data-source.js';
import type { Plain } from '../values/plain.js';
import type { SavedCheckpoints } from './callback.js';
import type { SaveRequest, TrainPosition } from './context.js';
import type { LoggedSoFar } from './logged.js';

/** Where a train is, as its callbacks see it. The loop moves it. */
export interface Whereabouts {
  epoch: number;
  step: number;
  lr: number;
  /** Of the optimizer's groups, in their order. */
  rates: readonly number[];
  loss: number;
  batch: Batch | null;
  scores: Monitors;
}

/** Why training is to end before its time. */
export interface Stop {
  readonly by: 'callback' | 'steps' | 'time';
  /** In words. */
  readonly why: string;
  /** Whether it was said within an epoch, which ends there. */
  readonly within: boolean;
}

/** A line that a callback printed, with the epoch that it belongs to. */
export interface SaidLine {
  readonly by: string;
  readonly epoch: number;
  readonly text: string;
}

/** What callbacks have beside their states, in the middle of a train, as data. */
export interface CallbackProgress {
  readonly logged: LoggedSoFar;
  /** Updates of this call. */
  readonly steps: number;
  /** Null: it goes on. */
  readonly stop: Stop | null;
  /** Of the step that was taken last; NaN before the first one. */
  readonly loss: number;
  readonly lines: readonly SaidLine[];
  /** What `onSaveCheckpoint` returned, by callback. */
  readonly extras: { readonly [name: string]: Plain };
  /** Of the last validation and its epoch. */
  readonly scores: Monitors;
  /** The places whose states callbacks keep. */
  readonly keeps: { readonly [name: string]: readonly TrainPosition[] };
  /** What those are, for the result. */
  readonly saved: { readonly [name: string]: SavedCheckpoints };
  /** What was asked for at this very place, by callback: it may not be carried out yet. Left out where nothing was. */
  readonly requests?: { readonly [name: string]: readonly SaveRequest[] };
  /** Places that callbacks keep, and that are gone by now. Never stored. */
  readonly gone?: readonly TrainPosition[];
  /** Names under which the state of another callback is stored: those that have them now begin with their own. Never stored. */
  readonly others?: readonly string[];
}
