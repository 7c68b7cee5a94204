import type { Digest, FileIdentity } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { openStore } from '../src/index.js';
import { temporaryFolders } from './temporary-folder.js';

const temporaryFolder = temporaryFolders();
const file: FileIdentity = { path: '/data/a.png', size: 10, mtime: 1_800_000_000_123_456_789n, inode: 2n ** 64n - 3n };

describe('file digests', () => {
  it('remembers a file until anything about it changes', async () => {
    const store = await openStore(await temporaryFolder());
    const digest = store.hasher.digest(Uint8Array.of(1));
    await store.files.set([{ ...file, digest }]);
    const changed = [
      { ...file, path: '/data/b.png' },
      { ...file, size: 11 },
      { ...file, mtime: file.mtime + 1n },
      { ...file, inode: file.inode - 1n },
    ];
    expect(await store.files.get([file, ...changed])).toEqual([digest, undefined, undefined, undefined, undefined]);
    await store.close();
  });

  it('keeps one digest a path, the newest, across openings', async () => {
    const folder = await temporaryFolder();
    const store = await openStore(folder);
    const [old, next] = [Uint8Array.of(1), Uint8Array.of(2)].map((bytes) => store.hasher.digest(bytes)) as [
      Digest,
      Digest,
    ];
    const touched = { ...file, mtime: file.mtime + 5n };
    await store.files.set([{ ...file, digest: old }]);
    await store.files.set([{ ...touched, digest: next }]);
    await store.close();
    const again = await openStore(folder);
    expect(await again.files.get([file, touched])).toEqual([undefined, next]);
    await again.close();
  });

  it('takes 10,000 files at once', async () => {
    const store = await openStore(await temporaryFolder());
    const digest = store.hasher.digest(Uint8Array.of(1));
    const files = Array.from({ length: 10_000 }, (_, i) => ({ ...file, path: `/data/${i}.png` }));
    await store.files.set(files.map((one) => ({ ...one, digest })));
    expect((await store.files.get(files)).every((found) => found === digest)).toBe(true);
    expect(await store.files.get([])).toEqual([]);
    await store.close();
  });
});
