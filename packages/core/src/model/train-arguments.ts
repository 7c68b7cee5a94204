import { isData } from '../data/fingerprint.js';
import type { Data } from './call-options.js';

/** What follows the training data: options, or validation data and options. */
export type TrainArguments =
  | readonly [options: unknown]
  | readonly [validation: Data | null | undefined, options: unknown];

export function splitTrainArguments(rest: TrainArguments): readonly [validation: Data | null, options: unknown] {
  const [first, second] = rest;
  // Validation data without options: what is missing is the options.
  if (rest.length === 1) return isData(first) ? [first, undefined] : [null, first];
  return [(first as Data | null | undefined) ?? null, second];
}
