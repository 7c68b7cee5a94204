import { boolean, checkOptions } from '../options/index.js';

/** What a file of a model has in it. */
export interface SaveOptions {
  /** The net alone: no optimizer, no schedulers, no position. Default false. */
  readonly weightsOnly?: boolean;
}

/** @throws OptionError */
export function weightsOnlyIn(where: string, options: SaveOptions): boolean {
  checkOptions(where, options, ['weightsOnly']);
  const { weightsOnly = false } = options;
  boolean(where, 'weightsOnly', weightsOnly);
  return weightsOnly;
}
