import type { Digest } from '../values/digest.js';

/** What tells that a file has not changed since it was last read. */
export interface FileIdentity {
  readonly path: string;
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  readonly inode: bigint;
}

/** Remembers the digests of files across runs, so that a data set on disk is read once, not once a run. */
export interface FileDigests {
  get(files: readonly FileIdentity[]): Promise<readonly (Digest | undefined)[]>;
  set(files: readonly (FileIdentity & { readonly digest: Digest })[]): Promise<void>;
}
