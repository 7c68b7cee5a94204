import { describe, expect, it } from 'vitest';
import type { Fixture } from '../fixture.js';
import type { LeasesFixture } from './fixture.js';
import { block, held, refused } from './held.js';

export function takeSpec(fixture: Fixture<LeasesFixture>): void {
  describe('take', () => {
    it('gives what is free, and says of nobody that he holds it', async () => {
      const { leases } = fixture();
      expect(await leases.holder(block)).toBeUndefined();
      const lease = await held(fixture());
      expect(Number.isSafeInteger(lease.token)).toBe(true);
      expect(await leases.holder(block)).toBeUndefined();
    });

    it('refuses what another process holds, and says who that is', async () => {
      const other = await fixture().other('here');
      await held(fixture());
      const holder = await refused(other);
      expect(holder.host).not.toBe('');
      expect(Number.isSafeInteger(holder.pid)).toBe(true);
      expect(holder.since).toBeGreaterThan(0);
    });

    it('gives the same one again to a process that holds it, until it has given back all of them', async () => {
      const other = await fixture().other('here');
      const [first, second] = [await held(fixture()), await held(fixture())];
      expect(second.token).toBe(first.token);
      await first.release();
      await first.release();
      await refused(other);
      await second.release();
      await held(other);
    });

    it('is shared by the stores that one process has open, also when the one that took it first is closed', async () => {
      const [again, other] = [await fixture().again(), await fixture().other('here')];
      const first = await held(again);
      const second = await held(fixture());
      expect(second.token).toBe(first.token);
      await again.close();
      await refused(other);
      await fixture().log.commit({ lease: second.token });
      await second.release();
      await held(other);
    });

    it('tells sequences apart by model, checkpoint and lane', async () => {
      const other = await fixture().other('here');
      await held(fixture());
      await held(other, { ...block, model: 'n' });
      await held(other, { ...block, checkpoint: '2' });
      await held(other, { ...block, lane: 'handle' });
      await refused(other);
    });

    it('tells what others hold of a model, and nothing of one’s own', async () => {
      const other = await fixture().other('here');
      await held(fixture());
      await held(fixture(), { ...block, checkpoint: '2', lane: 'handle' });
      await held(fixture(), { ...block, model: 'n' });
      const holder = await refused(other);
      expect(await other.leases.heldOf('m')).toEqual([
        { ...block, ...holder },
        {
          ...block,
          checkpoint: '2',
          lane: 'handle',
          ...(await refused(other, { ...block, checkpoint: '2', lane: 'handle' })),
        },
      ]);
      expect(await fixture().leases.heldOf('m')).toEqual([]);
    });

    it('gives to one of many that ask at the same time', async () => {
      const others = await Promise.all(Array.from({ length: 5 }, () => fixture().other('here')));
      const taken = await Promise.all(others.map(({ leases }) => leases.take(block)));
      expect(taken.filter((each) => 'token' in each)).toHaveLength(1);
    });

    it('is given back when its store is closed', async () => {
      const [again, other] = [await fixture().again(), await fixture().other('here')];
      await held(again);
      await refused(other);
      await again.close();
      await held(other);
    });
  });
}
