import type { Hasher } from '@reprise/core';
import type { DiskBlobStore } from '../blobs/disk-blob-store.js';
import type { Database } from '../database/database.js';
import type { FileSystem } from '../files/file-system.js';
import type { Publisher } from '../files/publisher.js';
import type { Layout } from '../layout.js';
import type { Owner } from '../owners/owner.js';

/** What upkeep works with: the parts of an opened store. */
export interface UpkeepParts {
  readonly database: Database;
  readonly layout: Layout;
  readonly hasher: Hasher;
  readonly fileSystem: FileSystem;
  readonly publisher: Publisher;
  readonly owner: Owner;
  readonly blobs: DiskBlobStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Lets others of this process go on between two transactions. */
  readonly turn: () => Promise<void>;
}
