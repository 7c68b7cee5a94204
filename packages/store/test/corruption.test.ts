import { chmod, readFile, writeFile } from 'node:fs/promises';
import { StoreError } from '@reprise/core';
import { expect, it } from 'vitest';
import fc from 'fast-check';
import { openStore } from '../src/index.js';
import { blobPath, layoutOf } from '../src/layout.js';
import { driver } from './checking-driver.js';
import { temporaryFolders } from './temporary-folder.js';

const temporaryFolder = temporaryFolders();

type Damage = (bytes: Buffer) => Buffer;

const offset = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.tuple(offset, fc.integer({ min: 0, max: 7 })).map(([at, bit]): Damage => (bytes) => {
    const changed = Buffer.from(bytes);
    changed[Math.floor(at * bytes.length)]! ^= 1 << bit;
    return changed;
  }),
  offset.map(
    (at): Damage =>
      (bytes) =>
        bytes.subarray(0, Math.floor(at * bytes.length)),
  ),
  fc.uint8Array({ minLength: 1, maxLength: 100 }).map(
    (more): Damage =>
      (bytes) =>
        Buffer.concat([bytes, more]),
  ),
  offset.map(
    (at): Damage =>
      (bytes) =>
        Buffer.from(bytes).fill(0, Math.floor(at * bytes.length)),
  ),
);

it('returns the bytes that were put or a typed error, whatever becomes of the file', async () => {
  const store = await openStore(await temporaryFolder());
  const blob = fc.uint8Array({ minLength: 1, maxLength: 3000 });
  await fc.assert(
    fc.asyncProperty(blob, damage, async (bytes, change) => {
      const digest = await store.blobs.put(bytes);
      const path = blobPath(layoutOf(store.location), digest).file;
      const before = await readFile(path);
      const after = change(before);
      await chmod(path, 0o644);
      await writeFile(path, after);
      if (after.equals(before)) {
        expect(await store.blobs.get(digest)).toEqual(bytes);
        return;
      }
      const error: unknown = await store.blobs.get(digest).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ code: 'BLOB_CORRUPT', subject: digest, path });
      await store.blobs.put(bytes);
      expect(await store.blobs.get(digest)).toEqual(bytes);
    }),
    { numRuns: 300, seed: 1 },
  );
  await store.close();
});

it('refuses a commit that would stand on a blob found damaged', async () => {
  const store = await openStore(await temporaryFolder());
  const digest = await store.blobs.put(Uint8Array.of(1, 2, 3));
  const path = blobPath(layoutOf(store.location), digest).file;
  await chmod(path, 0o644);
  await writeFile(path, Uint8Array.of(1, 2, 4));
  await expect(store.blobs.get(digest)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
  const state = { digest: digest as never, blobs: [] };
  await expect(store.log.commit({ states: [state] })).rejects.toMatchObject({
    code: 'DANGLING_REFERENCE',
    subject: digest,
  });
  await store.close();
});

it('does not delete a blob that a state names', async () => {
  const store = await openStore(await temporaryFolder());
  const [manifest, tensor] = [await store.blobs.put(Uint8Array.of(1)), await store.blobs.put(Uint8Array.of(2))];
  await store.log.commit({ states: [{ digest: manifest as never, blobs: [tensor] }] });
  for (const digest of [manifest, tensor]) {
    await expect(store.blobs.delete(digest)).rejects.toMatchObject({ code: 'DANGLING_REFERENCE', subject: digest });
    expect(await store.blobs.get(digest)).toHaveLength(1);
  }
  await store.close();
});

it('finds no file by a digest that would lead out of the folder', async () => {
  const store = await openStore(await temporaryFolder());
  const digest = 'blake3-../../../../etc/passwd' as never;
  expect(await store.blobs.has(digest)).toBe(false);
  await expect(store.blobs.get(digest)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
  await expect(store.blobs.delete(digest)).rejects.toBeInstanceOf(StoreError);
  await store.close();
});

it('gives no record whose bytes changed in the log, whichever bit it is', async () => {
  const store = await openStore(await temporaryFolder());
  const record = {
    fingerprint: store.hasher.digest(Uint8Array.of(1)) as never,
    kind: 'evaluate' as const,
    series: null,
    fields: { batchSize: 32 },
    observed: {},
    summary: {},
    stateBefore: null,
    stateAfter: null,
    result: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    lines: [],
    cost: 5,
    provenance: {},
    createdAt: 1,
  };
  await store.log.commit({ records: [record] });
  const other = driver.open(layoutOf(store.location).database);
  const { body } = other.prepare('SELECT body FROM op_records').get() as { readonly body: Uint8Array };
  for (let bit = 0; bit < body.length * 8; bit++) {
    const changed = Uint8Array.from(body);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    other.prepare('UPDATE op_records SET body = ?').run(changed);
    await expect(store.log.record(record.fingerprint)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  }
  other.prepare('UPDATE op_records SET body = ?').run(body);
  expect(await store.log.record(record.fingerprint)).toStrictEqual(record);
  other.close();
  await store.close();
});
