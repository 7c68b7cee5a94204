import type { Monitors } from '../components/schedule.js';
import type { Batch } from '../ports/data-source.js';
import type { Tensors } from '../values/tensor.js';

/** Where a quantity belongs that a hook logs. */
export interface LogOptions {
  /**
   * `step`: each value, and monitors see the mean over the epoch. `epoch`: that mean only. Default: `step` in the hooks of steps, `epoch` in the others.
   */
  readonly per?: 'step' | 'epoch';
}

/** A place in a train. */
export interface TrainPosition {
  /** Whole epochs of the call. */
  readonly epochs: number;
  /** Steps of the epoch after them. */
  readonly steps: number;
}

/** A checkpoint that a callback asks for. */
export interface SaveRequest {
  /** All that this callback keeps from now on, this one among them where it is to be kept. What it kept before and isn't among them is let go. */
  readonly keeps: readonly TrainPosition[];
  /** Files to write it to. */
  readonly files: readonly string[];
  /** Files to remove, once it is written. */
  readonly outdated: readonly string[];
  /** Whether files have the net only. */
  readonly weightsOnly: boolean;
}

/** What a hook is given. It is the same object each time: what it says is true until the hook returns. */
export interface CallbackContext {
  /** Counts from 0 within the call; −1 before the first one. */
  readonly epoch: number;
  /** Updates over the life of the state. */
  readonly step: number;
  /** The learning rate of the step that is about to be taken, or was taken last. */
  readonly lr: number;
  /** The same by the name of the optimizer's group; `default` is the one of what no group names, or of all. */
  readonly rates: { readonly [group: string]: number };
  /** Of the step that was taken last; NaN before the first one. */
  readonly loss: number;
  /** In `onStepStart`: a copy of the first batch that the step learns from, made when it is asked for. Null elsewhere. */
  readonly batch: Batch | null;
  /**
   * What is known of the last validation and of its epoch, by name: `train_loss`, `val_accuracy`, and what was logged. Empty before the first one. A callback
   * that decides sees what it looks at (`monitors`), and nothing that is logged by one that only observes.
   */
  readonly scores: Monitors;
  /** The names of all scores of this call, and of what was logged so far. */
  known(): readonly string[];
  /** Which way a monitor is better: as its metric says; what is logged, by its usual names. */
  better(monitor: string): 'min' | 'max';
  /** Aborted where training is to stop. */
  readonly signal: AbortSignal;
  /**
   * Records a quantity: it is in the result's `logged`, plotted, and can be monitored.
   * @throws OptionError `INVALID_OPTION` where the key is that of a score, or of another callback
   */
  log(key: string, value: number, options?: LogOptions): void;
  /** Ends training: within an epoch, after this step and a validation; after this epoch else. @param why a few words */
  stop(why: string): void;
  /** Copies of the parameters and buffers as they are now. Costs a pass over them. To give the net others, `setParameters`. */
  parameters(): Tensors;
  /** The names of the parameters that learn: neither buffers nor frozen ones. */
  trainable(): ReadonlySet<string>;
  /** Seconds of training of this call, those of an interrupted process included. */
  trained(): number;
  /** In `onStepEnd` and `onEpochEnd`, where training stands when it is stored next: whole epochs of the call, and steps of the epoch after them. */
  position(): TrainPosition;
  /**
   * Asks for a checkpoint of where training stands: it is taken when the step or the epoch has come to its end, and kept as long as the callback says so. Only in
   * `onStepEnd` and `onEpochEnd`. @throws RepriseError `REFUSED`
   */
  save(request: SaveRequest): void;
  /** Gives some parameters or buffers other values, by name: copies of them. @throws RepriseError `DATA_MISMATCH` */
  setParameters(tensors: Tensors): void;
  /** Prints a line that belongs to the record: it is printed again on replay. */
  line(text: string): void;
}
