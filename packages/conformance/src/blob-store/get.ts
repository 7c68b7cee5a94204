import { StoreError } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { failure } from '../failure.js';
import type { Fixture } from '../fixture.js';
import { bytesFrom, listed } from './fixture.js';
import type { BlobStoreFixture } from './fixture.js';

const length = 20_000;

const damages: readonly { readonly name: string; readonly change: (bytes: Uint8Array) => Uint8Array }[] = [
  { name: 'one flipped bit at the start', change: (bytes) => flip(bytes, 0) },
  { name: 'one flipped bit in the middle', change: (bytes) => flip(bytes, length / 2) },
  { name: 'one flipped bit at the end', change: (bytes) => flip(bytes, length - 1) },
  { name: 'bytes cut off', change: (bytes) => bytes.slice(0, length / 2) },
  { name: 'no bytes left', change: () => new Uint8Array() },
  { name: 'bytes added', change: (bytes) => Uint8Array.of(...bytes, 0) },
  { name: 'zeros of the same length', change: () => new Uint8Array(length) },
];

export function getSpec(fixture: Fixture<BlobStoreFixture>): void {
  describe('get and has', () => {
    it('gives bytes that are the caller’s own', async () => {
      const { blobs } = fixture();
      const digest = await blobs.put(bytesFrom(1, 1000));
      (await blobs.get(digest)).fill(0);
      expect(await blobs.get(digest)).toEqual(bytesFrom(1, 1000));
    });

    it('says which blob is missing', async () => {
      const { blobs, hasher } = fixture();
      const digest = hasher.digest(bytesFrom(1, 10));
      expect(await blobs.has(digest)).toBe(false);
      const error = await failure(blobs.get(digest), 'BLOB_MISSING');
      expect(error).toBeInstanceOf(StoreError);
      expect((error as StoreError).subject).toBe(digest);
    });

    it('has what was put', async () => {
      const { blobs } = fixture();
      expect(await blobs.has(await blobs.put(bytesFrom(1, 10)))).toBe(true);
    });

    it.each(damages)('never gives wrong bytes: $name', async ({ change }) => {
      const { blobs, damage } = fixture();
      const bytes = bytesFrom(1, length);
      const digest = await blobs.put(bytes);
      await damage(digest, change(bytes));
      const error = (await failure(blobs.get(digest), 'BLOB_CORRUPT')) as StoreError;
      expect(error.subject).toBe(digest);
      expect(error.expected).toBeDefined();
      expect(error.found).toBeDefined();
    });

    it('reports a blob whose bytes are gone as missing', async () => {
      const { blobs, damage } = fixture();
      const digest = await blobs.put(bytesFrom(1, length));
      await damage(digest, null);
      await failure(blobs.get(digest), 'BLOB_MISSING');
    });

    it.each([...damages, { name: 'a lost file', change: () => null }])(
      'has no blob that was found damaged, until it is put again: $name',
      async ({ change }) => {
        const { blobs, damage } = fixture();
        const bytes = bytesFrom(1, length);
        const digest = await blobs.put(bytes);
        await damage(digest, change(bytes));
        await blobs.get(digest).catch(() => undefined);
        expect(await blobs.has(digest)).toBe(false);
        expect((await listed(blobs)).has(digest)).toBe(false);

        expect(await blobs.put(bytes)).toBe(digest);
        expect(await blobs.has(digest)).toBe(true);
        expect(await blobs.get(digest)).toEqual(bytes);
      },
    );
  });
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at]! ^= 0x10;
  return changed;
}
