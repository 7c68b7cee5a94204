import { RepriseError } from '../errors/base.js';
import { StoreError } from '../errors/store-error.js';

/** Whether an error says that bytes are damaged or gone. */
export function isUnreadable(error: unknown): error is RepriseError {
  return error instanceof RepriseError && (error.code === 'BLOB_MISSING' || error.code === 'BLOB_CORRUPT');
}

/** The same in a few words, within a sentence of its own. */
export function unreadableSaid(error: RepriseError): string {
  const path = error instanceof StoreError ? error.path : undefined;
  return `a blob ${error.code === 'BLOB_MISSING' ? 'is missing' : 'is damaged'}${path === undefined ? '' : `: ${path}`}`;
}
