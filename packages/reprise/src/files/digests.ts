import type { Digest, FileIdentity, FingerprintContext } from '@reprise/core';
import type { FileReader } from './file-reader.js';
import type { Limit } from './limit.js';

/** A file as it was when it was hashed. */
export interface HashedFile {
  readonly identity: FileIdentity;
  readonly digest: Digest;
}

/**
 * A file that was written to less than this before it was read, in nanoseconds, is not remembered: another write could leave its time
 * as it is, since clocks of file systems tick coarsely (FAT's every 2 s).
 */
const settled = 2_000_000_000n;

/** The digests of files. Those that are remembered, and have not changed since, are not read. */
export async function hashFiles(
  paths: readonly string[],
  { hasher, files }: FingerprintContext,
  { reader, limit, now }: { readonly reader: FileReader; readonly limit: Limit; readonly now: () => number },
): Promise<readonly HashedFile[]> {
  const identities = await Promise.all(paths.map((path) => limit.run(() => reader.identify(path))));
  const remembered = await files.get(identities);
  const fresh: (FileIdentity & { readonly digest: Digest })[] = [];
  const hashed = await Promise.all(
    identities.map(async (identity, at): Promise<HashedFile> => {
      const digest = remembered[at];
      return digest === undefined ? limit.run(() => hash(identity.path)) : { identity, digest };
    }),
  );
  if (fresh.length > 0) await files.set(fresh);
  return hashed;

  async function hash(path: string): Promise<HashedFile> {
    const began = BigInt(Math.floor(now())) * 1_000_000n;
    const { identity, bytes } = await reader.read(path);
    const digest = hasher.digest(bytes);
    if (identity.mtime + settled < began) fresh.push({ ...identity, digest });
    return { identity, digest };
  }
}
