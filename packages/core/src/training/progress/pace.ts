/** Where a train is. */
export interface Standing {
  /** Whole epochs, validation included. */
  readonly epochs: number;
  /** How much of the training is done: 0 … 1. */
  readonly part: number;
  /** Milliseconds to the end; null while nothing can be told. */
  readonly left: number | null;
}

interface Pass {
  readonly kind: 'training' | 'validation';
  readonly begun: number;
  /** Epochs that training has behind it. */
  readonly epoch: number;
  /** How much of the pass was done by an earlier process: 0 … 1; null where that can't be told. */
  readonly from: number | null;
}

/**
 * How long a train still takes, judged by what it has taken in this process: training and validation each by their own pace. Times are in milliseconds. A
 * pass lasts until the next begins, so that what lies between two is counted.
 */
export class Pace {
  readonly #epochs: number;
  #trained = { time: 0, epochs: 0 };
  #validated = { time: 0, passes: 0 };
  #pass: Pass = { kind: 'validation', begun: 0, epoch: 0, from: null };

  constructor(epochs: number) {
    this.#epochs = epochs;
  }

  /** An epoch's pass over the training data begins. */
  training(now: number, epoch: number, from: number | null): void {
    this.#end(now);
    this.#pass = { kind: 'training', begun: now, epoch, from };
  }

  /** A pass over the validation data begins, after the epoch whose training has just ended, or before the first. */
  validation(now: number): void {
    const { kind, epoch } = this.#pass;
    this.#end(now);
    this.#pass = { kind: 'validation', begun: now, epoch: kind === 'training' ? epoch + 1 : epoch, from: 0 };
  }

  /** @param part how much of the pass under way is done: 0 … 1; null where that can't be told */
  at(now: number, part: number | null): Standing {
    const { kind, epoch } = this.#pass;
    const whole = kind === 'training' ? epoch : Math.max(0, epoch - 1);
    const done = kind === 'training' ? epoch + (part ?? 0) : epoch;
    return { epochs: whole, part: Math.min(1, done / this.#epochs), left: this.#left(now, part) };
  }

  #left(now: number, part: number | null): number | null {
    const { kind, begun, epoch, from } = this.#pass;
    const spent = now - begun;
    const { time, passes } = this.#validated;
    const validation = passes === 0 ? 0 : time / passes;
    const epochs = this.#epochs - epoch;
    if (kind === 'validation') {
      if (this.#trained.epochs === 0) return null;
      const rest = part === null || part === 0 ? Math.max(0, validation - spent) : (spent * (1 - part)) / part;
      return rest + epochs * (this.#trained.time / this.#trained.epochs + validation);
    }
    const counts = part !== null && from !== null;
    const trained = this.#trained.epochs + (counts ? part - from : 0);
    if (trained <= 0) return null;
    const epochTime = (this.#trained.time + (counts ? spent : 0)) / trained;
    return (counts ? epochTime * (epochs - part) : Math.max(0, epochTime * epochs - spent)) + epochs * validation;
  }

  #end(now: number): void {
    const { kind, begun, from } = this.#pass;
    if (from === null) return;
    const time = now - begun;
    if (kind === 'training') {
      this.#trained = { time: this.#trained.time + time, epochs: this.#trained.epochs + 1 - from };
    } else {
      this.#validated = { time: this.#validated.time + time, passes: this.#validated.passes + 1 };
    }
  }
}
