import { describe, expect, it } from 'vitest';
import type { Fixture } from '../fixture.js';
import type { LeasesFixture } from './fixture.js';
import { block, held, refused } from './held.js';

export function takeoverSpec(fixture: Fixture<LeasesFixture>): void {
  describe('what a process left', () => {
    it('is taken over at once where the process can be seen to be gone', async () => {
      const { other, kill, leases } = fixture();
      const gone = await other('here');
      const before = await held(gone);
      await refused(fixture());
      kill(gone);
      expect(await leases.holder(block)).toBeUndefined();
      expect((await held(fixture())).token).toBeGreaterThan(before.token);
    });

    it('waits until it has expired where nothing is known of the process', async () => {
      const { other, kill, pass, lasts, leases } = fixture();
      const gone = await other('elsewhere');
      await held(gone);
      kill(gone);
      await refused(fixture());
      pass(lasts - 1);
      await refused(fixture());
      pass(1);
      expect(await leases.holder(block)).toBeUndefined();
      await held(fixture());
    });

    it('is lost by a process that lives but stands still', async () => {
      const { other, pass, lasts } = fixture();
      const still = await other('here');
      await held(still);
      pass(lasts);
      await held(fixture());
      await refused(still);
    });
  });
}
