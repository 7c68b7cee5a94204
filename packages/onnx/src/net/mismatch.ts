import { RepriseError } from '@reprise/core';
import { show } from '../ops/site.js';
import type { TensorType } from '../ops/site.js';

/** The batch doesn't fit: what was given, and what should have been. */
export function mismatch(name: string, given: TensorType, expected: string): RepriseError {
  return new RepriseError('DATA_MISMATCH', `${name} is ${show(given)}; expected ${expected}.`);
}
