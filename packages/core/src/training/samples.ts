import { DataError } from '../data/data-error.js';
import type { DataSource, SampleStream } from '../ports/data-source.js';

/** How many samples there are; null where nobody can tell. */
export function samplesOf(data: DataSource | SampleStream): number | null {
  return 'length' in data ? data.length : null;
}

/** Data that gave not one sample. */
export function noSamples(where: string, what: string): DataError {
  return new DataError('DATA_ERROR', `${where}: ${what} has no samples, and at least one is needed.`);
}
