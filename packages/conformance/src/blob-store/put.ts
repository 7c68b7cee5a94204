import type { Digest } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import type { Fixture } from '../fixture.js';
import { bytesFrom, listed } from './fixture.js';
import type { BlobStoreFixture } from './fixture.js';

export function putSpec(fixture: Fixture<BlobStoreFixture>): void {
  describe('put', () => {
    it('returns the digest of the bytes', async () => {
      const { blobs, hasher } = fixture();
      const bytes = bytesFrom(1, 1000);
      expect(await blobs.put(bytes)).toBe(hasher.digest(bytes));
    });

    it('stores the same bytes once, one after the other and at the same time', async () => {
      const { blobs } = fixture();
      const bytes = bytesFrom(1, 1000);
      const first = await blobs.put(bytes);
      const others = await Promise.all(Array.from({ length: 20 }, () => blobs.put(bytes.slice())));
      expect(new Set([first, ...others]).size).toBe(1);
      expect(await listed(blobs)).toEqual(new Map([[first, 1000]]));
    });

    it('stores new bytes once when they are put by many at the same time', async () => {
      const { blobs } = fixture();
      const bytes = bytesFrom(2, 100_000);
      const digests = await Promise.all(Array.from({ length: 20 }, () => blobs.put(bytes.slice())));
      expect(new Set(digests).size).toBe(1);
      expect(await listed(blobs)).toEqual(new Map([[digests[0], 100_000]]));
    });

    it('takes many blobs at the same time', async () => {
      const { blobs } = fixture();
      const all = Array.from({ length: 300 }, (_, i) => bytesFrom(i, 100 + i));
      const digests = await Promise.all(all.map((bytes) => blobs.put(bytes)));
      expect(await listed(blobs)).toEqual(new Map(digests.map((digest, i) => [digest, 100 + i])));
      expect(await Promise.all(digests.map((digest) => blobs.get(digest)))).toEqual(all);
    });

    it.each([0, 1, 65_536, 5_000_001])('keeps %i bytes as they were', async (length) => {
      const { blobs } = fixture();
      const bytes = bytesFrom(3, length);
      const back = await blobs.get(await blobs.put(bytes));
      expect(back.byteLength).toBe(length);
      expect(Buffer.compare(back, bytes)).toBe(0);
    });

    it('stores a view, not the buffer behind it', async () => {
      const { blobs } = fixture();
      const bytes = bytesFrom(4, 100);
      expect(await blobs.get(await blobs.put(bytes.subarray(10, 30)))).toEqual(bytes.slice(10, 30));
    });

    it('forgets about the bytes once it has returned', async () => {
      const { blobs } = fixture();
      const bytes = bytesFrom(5, 1000);
      const before = bytes.slice();
      const digest = await blobs.put(bytes);
      bytes.fill(0);
      expect(await blobs.get(digest)).toEqual(before);
    });

    it('stores the parts of memory that is handed over, each once, and hands it back', async (test) => {
      const { blobs, hasher } = fixture();
      if (blobs.putElsewhere === undefined) return test.skip('it has no threads');
      const [whole, again] = [bytesFrom(6, 2500), bytesFrom(7, 1000)];
      again.set(whole.subarray(0, 1000));
      const memories = [whole.slice().buffer, again.slice().buffer];
      const digests = [
        [0, 1000, 2000].map((at) => hasher.digest(whole.subarray(at, at + 1000))),
        [hasher.digest(again)],
      ];
      const back = await blobs.putElsewhere(memories, digests, 1000);
      expect(back.failure).toBeNull();
      expect(back.memories.map((memory) => new Uint8Array(memory))).toEqual([whole, again]);
      expect([...(await listed(blobs)).values()].toSorted((a, b) => a - b)).toEqual([500, 1000, 1000]);
      expect(blobs.written).toBe(2500);
      const third = await blobs.putElsewhere(back.memories, digests, 1000);
      expect(third.failure).toBeNull();
      expect(blobs.written).toBe(2500);
      expect(await blobs.getJoined(digests[0] as Digest[])).toEqual(whole.buffer);
    });
  });
}
