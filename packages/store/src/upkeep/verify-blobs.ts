import type { Amount, Damage, Digest, OnProgress } from '@reprise/core';
import { BlobRows, type BlobRow } from '../blobs/blob-rows.js';
import { fileError } from '../files/file-error.js';
import { Limit } from '../files/limit.js';
import { blobPath } from '../layout.js';
import { opsOfBlob } from './damaged.js';
import { Memory } from './memory.js';
import type { UpkeepParts } from './parts.js';

/** Blobs that are read at a time: each is at most 16 MiB large. */
const atOnce = 4;

/** Whether the file of each recorded blob is there and has its size; with `full`, its bytes. */
export async function verifyBlobs(
  parts: UpkeepParts,
  full: boolean,
  onProgress: OnProgress,
): Promise<{ readonly amount: Amount; readonly damages: readonly Damage[] }> {
  const { database } = parts;
  const rows = [...new BlobRows(database, parts.owner).list()];
  const total = rows.reduce((sum, { size }) => sum + (full ? size : 1), 0);
  const damages: Damage[] = [];
  const limit = new Limit(atOnce);
  const memory = new Memory();
  let done = 0;
  const look = async (row: BlobRow): Promise<void> => {
    const wrong = await inspect(parts, row, full, memory);
    // One that a collection has freed meanwhile is no damage.
    if (wrong !== undefined && isRecorded(parts, row.digest)) {
      damages.push({ ...wrong, subject: row.digest, ops: opsOfBlob(database, row.digest) });
    }
    done += full ? row.size : 1;
    onProgress({ what: full ? 'bytes of blobs' : 'blobs', done, total });
  };
  await Promise.all(rows.map((row) => limit.run(() => look(row))));
  const bytes = rows.reduce((sum, { size }) => sum + size, 0);
  damages.sort((a, b) => (a.subject < b.subject ? -1 : 1));
  return { amount: { count: rows.length, bytes }, damages };
}

type Wrong = Pick<Damage, 'kind' | 'path' | 'expected' | 'found'>;

/** What is wrong with a blob's file; undefined where nothing is. */
export async function inspect(
  { layout, fileSystem, hasher }: UpkeepParts,
  { digest, size }: Pick<BlobRow, 'digest' | 'size'>,
  full: boolean,
  memory: Memory = new Memory(),
): Promise<Wrong | undefined> {
  const path = blobPath(layout, digest).file;
  try {
    const found = await fileSystem.size(path);
    if (found === undefined) return { kind: 'missing', path, expected: `${size} bytes`, found: 'no file' };
    if (found !== size) return { kind: 'corrupt', path, expected: `${size} bytes`, found: `${found} bytes` };
    if (!full) return undefined;
    const is = await memory.use(size, async (bytes) => {
      const length = await fileSystem.readInto(path, bytes);
      return hasher.digest(bytes.subarray(0, length));
    });
    return is === digest ? undefined : { kind: 'corrupt', path, expected: digest, found: is };
  } catch (cause) {
    const error = fileError(cause, { doing: 'read', what: 'read a blob', path });
    return { kind: 'corrupt', path, expected: `${size} bytes`, found: (error as Error).message };
  }
}

function isRecorded({ database }: UpkeepParts, digest: Digest): boolean {
  return database.get('SELECT 1 FROM blobs WHERE digest = ?', digest) !== undefined;
}
