import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  type Digest,
  type FileIdentity,
  type FileTexts,
  type Hasher,
  RepriseError,
  type TensorFiles,
} from '@reprise/core';

/** A file that was written to less than this before it was read, in nanoseconds, is not remembered: another write could leave its time as it is. */
const settled = 2_000_000_000n;
/** Bytes that are read at once. */
const piece = 16 * 1024 * 1024;
/** The longest header that the format allows, in bytes. */
const longestHeader = 100_000_000;

/** Safetensors files on disk. The format itself is that of @reprise/formats, which is loaded when a file is first read or written. */
export function tensorFilesOnDisk(now: () => number = Date.now): TensorFiles {
  return {
    async digest(path, { hasher, files }) {
      return reading(path, async (file) => {
        const identity = await identityOf(path, file);
        const [known] = await files.get([identity]);
        if (known !== undefined) return known;
        const began = BigInt(Math.floor(now())) * 1_000_000n;
        const digest = await hashed(file, hasher);
        if (identity.mtime + settled < began) await files.set([{ ...identity, digest }]);
        return digest;
      });
    },

    async texts(path) {
      return reading(path, async (file) => textsOf(path, await headerOf(path, file)));
    },

    async read(path, hasher) {
      const [bytes, { readSafetensors }] = await Promise.all([reading(path, contentOf), import('@reprise/formats')]);
      try {
        const { tensors, metadata: texts } = readSafetensors(bytes);
        return { digest: hasher.digest(bytes), tensors, texts };
      } catch (cause) {
        throw named(path, cause);
      }
    },

    async encode(tensors, texts) {
      const { writeSafetensors } = await import('@reprise/formats');
      return writeSafetensors(tensors, texts);
    },
  };
}

async function reading<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    return await use(file);
  } catch (cause) {
    if (cause instanceof RepriseError) throw cause;
    throw new RepriseError(
      'FILE_IO',
      `${path} can't be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { cause },
    );
  } finally {
    await file?.close();
  }
}

async function identityOf(path: string, file: FileHandle): Promise<FileIdentity> {
  const { size, mtimeNs, ino } = await file.stat({ bigint: true });
  return { path: resolve(path), size: Number(size), mtime: mtimeNs, inode: ino };
}

/** The digest of a file, without holding it. */
async function hashed(file: FileHandle, hasher: Hasher): Promise<Digest> {
  const stream = hasher.stream();
  const buffer = new Uint8Array(piece);
  for (let at = 0; ;) {
    const { bytesRead } = await file.read(buffer, 0, piece, at);
    if (bytesRead === 0) return stream.digest();
    stream.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** The whole of a file, of any size: Node reads no more than 2 GiB at once. */
async function contentOf(file: FileHandle): Promise<Uint8Array> {
  const { size } = await file.stat();
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const { bytesRead } = await file.read(bytes, at, Math.min(piece, size - at), at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

/** The text of a file's header, so far as it is one. What it says of tensors is checked where they are read. */
async function headerOf(path: string, file: FileHandle): Promise<string> {
  const { size } = await file.stat();
  const start = new Uint8Array(8);
  const { bytesRead } = await file.read(start, 0, 8, 0);
  const length = bytesRead < 8 ? 0n : new DataView(start.buffer).getBigUint64(0, true);
  if (bytesRead < 8 || length > BigInt(longestHeader) || Number(length) + 8 > size) {
    throw damaged(path, 'it has no header that can be read');
  }
  const header = new Uint8Array(Number(length));
  await file.read(header, 0, header.byteLength, 8);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(header);
}

function textsOf(path: string, header: string): FileTexts {
  let value: unknown;
  try {
    value = JSON.parse(header);
  } catch (cause) {
    throw damaged(path, 'its header is no JSON', cause);
  }
  const metadata: unknown = isObject(value) ? (value['__metadata__'] ?? {}) : null;
  if (!isObject(metadata) || !Object.values(metadata).every((text) => typeof text === 'string')) {
    throw damaged(path, 'the metadata in its header are no texts by name');
  }
  return metadata as FileTexts;
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function damaged(path: string, problem: string, cause?: unknown): RepriseError {
  const options = cause === undefined ? undefined : { cause };
  return new RepriseError('FILE_FORMAT', `${path} is no safetensors file that can be read: ${problem}.`, options);
}

/** A reader of bytes knows no path. */
function named(path: string, cause: unknown): unknown {
  if (!(cause instanceof RepriseError) || cause.code !== 'FILE_FORMAT') return cause;
  return new RepriseError('FILE_FORMAT', `${path}: ${cause.message.replace(/ \[FILE_FORMAT\]$/, '')}`, { cause });
}
