import type { Data } from './call-options.js';

/** What follows the training data: options, or validation data and options. */
export type TrainArguments = readonly [options: unknown] | readonly [validation: Data | null | undefined, options: unknown];

export function splitTrainArguments(rest: TrainArguments): readonly [validation: Data | null, options: unknown] {
  return rest.length === 1 ? [null, rest[0]] : [rest[0] ?? null, rest[1]];
}
