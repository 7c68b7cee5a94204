import { RepriseError } from './base.js';

/** Where a loss, or what the last update left of a parameter, stopped being a number. */
export interface LossDetails {
  /** Counts from 0 within the call; −1 before the first epoch. */
  readonly epoch: number;
  /** Counts from 0 within the epoch; null where the loss is that of the validation data. */
  readonly step: number | null;
  /** NaN or an infinity; where a parameter is none, the epoch's mean. */
  readonly loss: number;
  /** Learning rate of the step. */
  readonly lr: number;
  /** The name of the parameter or buffer that is no number after the last step; left out where the loss is none. */
  readonly parameter?: string;
}

/** Training that can't go on: a loss, or at its end a parameter, that is NaN or infinite. The engine is back at the state before the call. */
export class TrainingError extends RepriseError {
  readonly epoch: number;
  readonly step: number | null;
  readonly loss: number;
  readonly lr: number;
  /** Null where it is the loss that is no number. */
  readonly parameter: string | null;

  constructor(message: string, details: LossDetails) {
    super('LOSS_NOT_FINITE', message);
    this.epoch = details.epoch;
    this.step = details.step;
    this.loss = details.loss;
    this.lr = details.lr;
    this.parameter = details.parameter ?? null;
  }
}
