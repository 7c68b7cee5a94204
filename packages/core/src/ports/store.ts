import type { BlobStore } from './blob-store.js';
import type { FileDigests } from './file-digests.js';
import type { DivergencePolicy } from '../replay/policy.js';
import type { Hasher } from './hasher.js';
import type { Leases } from './leases.js';
import type { OpLog } from './op-log.js';
import type { Upkeep } from './upkeep.js';

/** All that a model needs to remember. */
export interface Store {
  /** Where it is, for people. */
  readonly location: string;
  readonly hasher: Hasher;
  readonly blobs: BlobStore;
  readonly log: OpLog;
  readonly files: FileDigests;
  readonly leases: Leases;
  readonly upkeep: Upkeep;
  /** What models do, unless they say otherwise, where their script calls something other than what is recorded. Default `'error'`. */
  readonly onDivergence?: DivergencePolicy | undefined;
  close(): Promise<void>;
}
