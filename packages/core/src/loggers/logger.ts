import { func, refuse } from '../options/validators.js';
import type { Plain } from '../values/plain.js';

/** One figure of a train. */
export interface LoggedPoint {
  /** `train_loss`, `val_accuracy`, `lr`, or what a callback logged. */
  readonly key: string;
  readonly value: number;
  /** Updates over the life of the state; null in records that are older than this figure. */
  readonly step: number | null;
  /** Counts from 0 within the call; −1 is before the first. */
  readonly epoch: number;
  /** Whether it is of a step, or of an epoch as a whole. */
  readonly per: 'step' | 'epoch';
}

/** A train, as loggers know it. The same call has the same names whenever it is made. */
export interface LoggerRun {
  readonly model: string;
  /** Empty for a train that is not recorded. */
  readonly checkpoint: string;
  /** Which train it is, from 1: of the checkpoint, of those with the same `key`, or, where it is not recorded, of the opened model. */
  readonly train: number;
  /** The call's own name, where it has one. */
  readonly key?: string;
  readonly hparams: Plain;
}

/**
 * Writes figures where other programs read them. A train is told from its beginning each time: what a logger has of that run from before is to be replaced by
 * `points`, so that no figure is there twice or lacking, whether the train is run, gone on with or replayed. Training waits for what a method returns. What a logger
 * throws, the train throws: `LOGGER_FAILED`, or a RepriseError as it is.
 */
export interface Logger {
  /** What errors call it. Default: the name of its class. */
  readonly name?: string;
  /**
   * A train begins, is gone on with, or is replayed.
   * @param points all that there is of it up to here: by step and epoch, what is of a step before what is of an epoch
   */
  begin(run: LoggerRun, points: readonly LoggedPoint[]): void | Promise<void>;
  /**
   * More of them, in the same order: at the end of each epoch, and within one at most once a second, some steps late.
   * @returns `again`: to be told all of them, as at the beginning
   */
  log(run: LoggerRun, points: readonly LoggedPoint[]): void | 'again' | Promise<void | 'again'>;
}

/** @throws OptionError `INVALID_OPTION` unless the value is an array of loggers */
export function checkLoggers(where: string, value: unknown): asserts value is readonly Logger[] {
  if (!Array.isArray(value)) refuse(where, 'loggers', "an array of loggers such as [csvLogger('logs')]", value);
  for (const each of value as readonly unknown[]) {
    if (typeof each !== 'object' || each === null)
      refuse(where, 'loggers', "made of loggers such as csvLogger('logs')", each);
    func(`${where} loggers`, 'begin', (each as Partial<Logger>).begin);
    func(`${where} loggers`, 'log', (each as Partial<Logger>).log);
  }
}
