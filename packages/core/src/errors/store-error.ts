import { RepriseError } from './base.js';
import type { ErrorCode } from './codes.js';

export type StoreErrorCode = Extract<
  ErrorCode,
  | 'BLOB_MISSING'
  | 'BLOB_CORRUPT'
  | 'DANGLING_REFERENCE'
  | 'DISK_FULL'
  | 'STORE_READ_ONLY'
  | 'STORE_IO'
  | 'STORE_BUSY'
  | 'STORE_CORRUPT'
  | 'STORE_CLOSED'
  | 'STORE_NETWORK'
  | 'LEASE_LOST'
  | 'FORMAT_VERSION'
>;

/** What a store error is about, as far as it is known. */
export interface StoreErrorDetails {
  /** The digest, fingerprint or id that was asked for or named. */
  readonly subject?: string;
  /** The file or folder. */
  readonly path?: string;
  readonly expected?: string | number;
  readonly found?: string | number;
  readonly cause?: unknown;
}

/** A store that could not do what it was asked. Unless the message says otherwise, store and log are as they were before. */
export class StoreError extends RepriseError {
  declare readonly code: StoreErrorCode;
  readonly subject: string | undefined;
  readonly path: string | undefined;
  readonly expected: string | number | undefined;
  readonly found: string | number | undefined;

  constructor(code: StoreErrorCode, message: string, details: StoreErrorDetails = {}) {
    super(code, message, details.cause === undefined ? {} : { cause: details.cause });
    this.subject = details.subject;
    this.path = details.path;
    this.expected = details.expected;
    this.found = details.found;
  }
}
