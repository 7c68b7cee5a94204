import type { BlobStore, Hasher, Leases, OpLog } from '@reprise/core';

/** A store as one process has it open. */
export interface LeasesClient {
  readonly leases: Leases;
  readonly log: OpLog;
  readonly blobs: BlobStore;
  readonly hasher: Hasher;
  close(): Promise<void>;
}

export interface LeasesFixture extends LeasesClient {
  /** The same store, opened by this process once more. */
  again(): Promise<LeasesClient>;
  /** The same store, opened by another process: one whose life this one can see, or one of another machine or container. */
  other(where: 'here' | 'elsewhere'): Promise<LeasesClient>;
  /** Ends the process of a client, without a word. */
  kill(client: LeasesClient): void;
  /** Lets so many milliseconds pass in which nobody renews a lease. */
  pass(milliseconds: number): void;
  /** After so many milliseconds without renewal a lease is anybody's. */
  readonly lasts: number;
}
