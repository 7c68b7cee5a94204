import { describe, expect, it } from 'vitest';
import { failure } from '../failure.js';
import type { Fixture } from '../fixture.js';
import { bytesFrom, listed } from './fixture.js';
import type { BlobStoreFixture } from './fixture.js';

export function deleteSpec(fixture: Fixture<BlobStoreFixture>): void {
  describe('delete and list', () => {
    it('lists nothing in an empty store', async () => {
      expect(await listed(fixture().blobs)).toEqual(new Map());
    });

    it('forgets a blob and leaves the others', async () => {
      const { blobs } = fixture();
      const [gone, stays] = await Promise.all([blobs.put(bytesFrom(1, 10)), blobs.put(bytesFrom(2, 20))]);
      expect(await blobs.delete(gone)).toBe(true);
      expect(await blobs.has(gone)).toBe(false);
      await failure(blobs.get(gone), 'BLOB_MISSING');
      expect(await listed(blobs)).toEqual(new Map([[stays, 20]]));
    });

    it('says when there was nothing to delete', async () => {
      const { blobs, hasher } = fixture();
      expect(await blobs.delete(hasher.digest(bytesFrom(1, 10)))).toBe(false);
    });

    it('stores again what was deleted', async () => {
      const { blobs } = fixture();
      const digest = await blobs.put(bytesFrom(1, 10));
      await blobs.delete(digest);
      expect(await blobs.put(bytesFrom(1, 10))).toBe(digest);
      expect(await blobs.get(digest)).toEqual(bytesFrom(1, 10));
    });

    it('lists more blobs than any page holds', async () => {
      const { blobs } = fixture();
      const digests = await Promise.all(Array.from({ length: 1100 }, (_, i) => blobs.put(bytesFrom(i, 8))));
      expect((await listed(blobs)).size).toBe(new Set(digests).size);
    });

    it('allows changes while it lists', async () => {
      const { blobs } = fixture();
      await Promise.all(Array.from({ length: 10 }, (_, i) => blobs.put(bytesFrom(i, 8))));
      for await (const { digest } of blobs.list()) await blobs.delete(digest);
      expect(await listed(blobs)).toEqual(new Map());
    });
  });
}
