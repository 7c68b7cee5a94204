import { RepriseError } from '../errors/base.js';

/** A parameter that two sides have with another type or shape. */
export interface Mismatch {
  readonly name: string;
  /** As the net has it: `float32 [10, 128]`. */
  readonly expected: string;
  readonly found: string;
}

/** Weights that are not those of the net. Nothing was loaded. */
export class WeightsError extends RepriseError {
  declare readonly code: 'WEIGHTS_MISMATCH';
  /** Names of the net that the source lacks. */
  readonly missing: readonly string[];
  /** Names of the source that the net lacks. */
  readonly unexpected: readonly string[];
  readonly mismatched: readonly Mismatch[];

  constructor(
    message: string,
    details: {
      readonly missing: readonly string[];
      readonly unexpected: readonly string[];
      readonly mismatched: readonly Mismatch[];
    },
  ) {
    super('WEIGHTS_MISMATCH', message);
    this.missing = details.missing;
    this.unexpected = details.unexpected;
    this.mismatched = details.mismatched;
  }
}
