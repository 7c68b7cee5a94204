import { mkdtemp, mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { decode as decodePng, encode as encodePng } from 'fast-png';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { arrays, batches, fingerprintFunction, outlineOfData, userFunction } from '@reprise/core';
import type {
  Batch,
  BatchContext,
  DataSource,
  Digest,
  FileDigests,
  FileIdentity,
  FingerprintContext,
  Hasher,
  Outline,
} from '@reprise/core';
import { nodeFiles } from '../../src/files/file-reader.js';
import type { FileReader } from '../../src/files/file-reader.js';
import { FileSource, files } from '../../src/files/files.js';
import { Limit } from '../../src/files/limit.js';

const hasher: Hasher = {
  algorithm: 'sha256',
  digest: (bytes) => `sha256-${createHash('sha256').update(bytes).digest('hex')}` as Digest,
  stream: () => {
    throw new Error('not used here');
  },
};

/** Remembers in memory as a store does. */
function memory(): FileDigests {
  const rows = new Map<string, Digest>();
  const key = ({ path, size, mtime, inode }: FileIdentity): string => [path, size, mtime, inode].join('|');
  return {
    get: async (asked) => asked.map((file) => rows.get(key(file))),
    set: async (given) => given.forEach((file) => rows.set(key(file), file.digest)),
  };
}

function counting(): FileReader & { reads: string[] } {
  const reads: string[] = [];
  return {
    reads,
    identify: nodeFiles.identify,
    read: (path) => {
      reads.push(path);
      return nodeFiles.read(path);
    },
  };
}

const context: BatchContext = { rng: () => () => 0, signal: new AbortController().signal };
const labels = ['cat', 'dog'];

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'reprise-files-'));
  await mkdir(join(root, 'cat'));
  await mkdir(join(root, 'dog'));
  let shade = 0;
  for (const path of ['dog/b.png', 'cat/a.png', 'dog/a.png']) {
    const data = Uint8Array.from({ length: 2 * 3 }, () => (shade += 10));
    await write(path, encodePng({ width: 3, height: 2, data, channels: 1 }));
  }
});
afterEach(() => rm(root, { recursive: true }));

/** With a time long past, so that its digest may be remembered. */
async function write(path: string, bytes: Uint8Array, time = 1_000_000_000): Promise<void> {
  await writeFile(join(root, path), bytes);
  await utimes(join(root, path), time, time);
}

function image(bytes: Uint8Array, path: string) {
  const { data, width, height } = decodePng(bytes);
  return {
    input: { data: Uint8Array.from(data), shape: [1, height, width] },
    target: labels.indexOf(path.split('/')[0]!),
  };
}

const images = () => files('*/*.png', image, { root, key: 'image-v1' });

/** The same, over a reader that counts. */
function source(reader: FileReader, paths = ['cat/a.png', 'dog/a.png', 'dog/b.png'], key = 'image-v1'): FileSource {
  const decode = userFunction(image, { key });
  return new FileSource(
    root,
    paths.map((path) => join(root, path)),
    decode,
    { reader, now: Date.now },
  );
}

const outlined = (data: DataSource): Promise<Outline> => outlineOfData(data, { hasher, files: memory() });
const text = (pattern: RegExp): unknown => expect.stringMatching(pattern);

function differing(a: Outline, b: Outline): readonly string[] {
  return Object.keys(a).filter((path) => a[path] !== b[path]);
}

describe('files', () => {
  it('reads and decodes real images, in the order of their paths, with labels from their folders', async () => {
    const batch: Batch = await images().get(Uint32Array.of(0, 2), context);
    expect(batch.get('input')).toEqual({
      dtype: 'uint8',
      shape: [2, 1, 2, 3],
      data: Uint8Array.of(70, 80, 90, 100, 110, 120, 10, 20, 30, 40, 50, 60),
    });
    expect(batch.get('target')).toEqual({ dtype: 'int32', shape: [2], data: Int32Array.of(0, 1) });
  });

  it('trains like any data set: shuffled, split, mapped', async () => {
    const scaled = images().map(({ input, target }) => ({
      input: Float32Array.from(input.data, (x) => x / 255),
      target,
    }));
    const shapes: (readonly number[])[] = [];
    const plan = { batchSize: 2, shuffle: true, seed: 0, epoch: 0, signal: context.signal };
    for await (const batch of batches(scaled, plan)) shapes.push(batch.get('input')!.shape);
    expect(shapes).toEqual([
      [2, 6],
      [1, 6],
    ]);
    expect(
      images()
        .split(0.67, 0)
        .map((part) => part.length),
    ).toEqual([2, 1]);
  });

  it('takes names as they are, brackets included, and each file once', async () => {
    await write('cat/[1] (x).png', encodePng({ width: 1, height: 1, data: Uint8Array.of(5), channels: 1 }));
    expect(files('cat/[1] (x).png', image, { root, key: 'k' }).length).toBe(1);
    expect(files(['cat/a.png', 'cat/*.png', 'dog/a.png'], image, { root, key: 'k' }).length).toBe(3);
  });

  it('has a fingerprint of relative paths, contents and function, not of the place or the order of patterns', async () => {
    const print = (set = images()): Digest | Promise<Digest> => set.fingerprint({ hasher, files: memory() });
    const one = await print();
    expect(await print(files(['dog/*.png', 'cat/a.png'], image, { root, key: 'image-v1' }))).toBe(one);
    expect(await print(files('*/*.png', image, { root, key: 'image-v2' }))).not.toBe(one);

    const elsewhere = `${root}-moved`;
    await rename(root, elsewhere);
    root = elsewhere;
    expect(await print()).toBe(one);

    await rename(join(root, 'dog/a.png'), join(root, 'dog/c.png'));
    const renamed = await print();
    expect(renamed).not.toBe(one);
    await write('dog/c.png', encodePng({ width: 3, height: 2, data: new Uint8Array(6), channels: 1 }));
    expect(await print()).not.toBe(renamed);
  });

  it('reads a file for its digest once, and again only after it has changed', async () => {
    const asked: FingerprintContext = { hasher, files: memory() };
    const reader = counting();
    const one = await source(reader).fingerprint(asked);
    expect(reader.reads).toHaveLength(3);
    expect(await source(reader).fingerprint(asked)).toBe(one);
    expect(reader.reads).toHaveLength(3);
    await write('dog/a.png', encodePng({ width: 3, height: 2, data: new Uint8Array(6), channels: 1 }), 1_000_000_001);
    expect(await source(reader).fingerprint(asked)).not.toBe(one);
    expect(reader.reads.slice(3)).toEqual([join(root, 'dog/a.png')]);
  });

  it('does not remember the digest of a file that was written a moment ago: its time could stay through another write', async () => {
    const asked: FingerprintContext = { hasher, files: memory() };
    await write('cat/a.png', new Uint8Array(9), Date.now() / 1000);
    const reader = counting();
    await source(reader).fingerprint(asked);
    await source(reader).fingerprint(asked);
    expect(reader.reads.slice(3)).toEqual([join(root, 'cat/a.png')]);
  });

  it('refuses a file whose content changed after it was hashed, but not one that was only touched', async () => {
    const read = source(nodeFiles);
    await read.fingerprint({ hasher, files: memory() });
    await utimes(join(root, 'cat/a.png'), 1_000_000_005, 1_000_000_005);
    expect((await read.get(Uint32Array.of(0), context)).size).toBe(2);
    await write('cat/a.png', encodePng({ width: 3, height: 2, data: new Uint8Array(6), channels: 1 }), 1_000_000_009);
    await expect(read.get(Uint32Array.of(0), context)).rejects.toThrow(/cat.a\.png has changed/);
  });

  it('names a file that is missing, unreadable or undecodable', async () => {
    const gone = images();
    await rm(join(root, 'cat/a.png'));
    await expect(gone.get(Uint32Array.of(0), context)).rejects.toThrow(
      expect.objectContaining({
        code: 'DATA_ERROR',
        message: expect.stringMatching(/cat.a\.png can't be read: ENOENT/) as string,
      }),
    );
    await expect(gone.fingerprint({ hasher, files: memory() })).rejects.toThrow(/cat.a\.png can't be read/);
    await write('cat/a.png', Uint8Array.of(1, 2, 3));
    await expect(gone.get(Uint32Array.of(0), context)).rejects.toThrow(
      expect.objectContaining({
        indices: [0],
        cause: expect.any(Error) as Error,
        message: expect.stringMatching(/cat.a\.png.*can't be decoded/) as string,
      }),
    );
    expect(() => files('bird/*.png', image, { root, key: 'k' })).toThrow(/no file bird\/\*\.png/);
    expect(() => files('bird/a.png', image, { root, key: 'k' })).toThrow(/no file bird\/a\.png/);
    expect(() => files('*', image, { rot: root } as never)).toThrow(/Did you mean 'root'/);
  });

  it('fingerprints the decoder by its source, unless it has a key', async () => {
    const decode = userFunction((bytes: Uint8Array) => ({ input: Float32Array.of(bytes.length) }));
    const digest = await fingerprintFunction(decode, hasher);
    expect(
      await fingerprintFunction(
        userFunction((bytes: Uint8Array) => ({ input: Float32Array.of(bytes.length + 1) })),
        hasher,
      ),
    ).not.toBe(digest);
    await expect(files('*/*.png', image, { root }).fingerprint({ hasher, files: memory() })).rejects.toThrow(
      expect.objectContaining({ code: 'FREE_VARIABLE' }),
    );
  });

  it('counts a data set among the deps of the decoder by its content', async () => {
    const looking = (by: number) => {
      const table = arrays({ input: Float32Array.of(by) });
      return files('*/*.png', (bytes) => ({ input: Float32Array.of(bytes.length + table.length) }), {
        root,
        deps: { table },
      }).fingerprint({ hasher, files: memory() });
    };
    expect(await looking(1)).toBe(await looking(1));
    expect(await looking(2)).not.toBe(await looking(1));
  });

  it('has an outline in which the list, the contents and the decoder differ each by itself', async () => {
    const before = await outlined(images());
    const short = /^3, names sha256-[0-9a-f]{8}$/;
    expect(before).toEqual({ files: text(short), content: text(/^sha256-[0-9a-f]{64}$/), decode: 'image-v1' });
    expect(differing(before, await outlined(files('*/*.png', image, { root, key: 'image-v2' })))).toEqual(['decode']);
    await rename(join(root, 'dog/b.png'), join(root, 'dog/c.png'));
    const renamed = await outlined(images());
    expect(differing(before, renamed)).toEqual(['files']);
    await write('dog/c.png', encodePng({ width: 1, height: 1, data: Uint8Array.of(7), channels: 1 }));
    expect(differing(renamed, await outlined(images()))).toEqual(['content']);
  });

  it('has an outline in which a decoder without a key stands by its source', async () => {
    const first = (bytes: Uint8Array) => ({ input: bytes.slice(0, 4) });
    const renamed = (data: Uint8Array) => ({ input: /* the same */ data.slice(0, 4) });
    const other = (bytes: Uint8Array) => ({ input: bytes.slice(0, 5) });
    const one = await outlined(files('*/*.png', first, { root }));
    expect(differing(one, await outlined(files('*/*.png', renamed, { root })))).toEqual([]);
    expect(differing(one, await outlined(files('*/*.png', other, { root })))).toEqual(['decode']);
  });

  it('reads no file again for its outline once they are hashed', async () => {
    const reader = counting();
    const data = source(reader);
    const forgetful: FileDigests = { get: async (asked) => asked.map(() => undefined), set: async () => undefined };
    await data.fingerprint({ hasher, files: forgetful });
    const reads = reader.reads.length;
    await data.outline({ hasher, files: forgetful });
    expect(reader.reads.length).toBe(reads);
  });

  it('has at most eight files under way, over all batches', async () => {
    let active = 0;
    let most = 0;
    const slow: FileReader = {
      identify: nodeFiles.identify,
      read: async (path) => {
        most = Math.max(most, ++active);
        const result = await nodeFiles.read(path);
        active -= 1;
        return result;
      },
    };
    const many = source(
      slow,
      Array.from({ length: 12 }, () => 'cat/a.png'),
    );
    await Promise.all(
      [0, 1, 2].map(() =>
        many.get(
          Uint32Array.from({ length: 12 }, (_, i) => i),
          context,
        ),
      ),
    );
    expect(most).toBe(8);
  });
});

describe('Limit', () => {
  it('frees its slot when a task fails', async () => {
    const limit = new Limit(1);
    await expect(limit.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await limit.run(async () => 3)).toBe(3);
  });
});
