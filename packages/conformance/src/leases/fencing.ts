import { describe, expect, it } from 'vitest';
import { failure } from '../failure.js';
import type { Fixture } from '../fixture.js';
import { addOp, newEntry, place, recordOf } from '../op-log/fixture.js';
import type { LeasesFixture } from './fixture.js';
import { held, refused } from './held.js';

export function fencingSpec(fixture: Fixture<LeasesFixture>): void {
  describe('the fencing token', () => {
    it('grows with every lease that is taken, of whatever', async () => {
      const { other } = fixture();
      const one = await held(fixture());
      const two = await held(await other('here'), { model: 'm', checkpoint: '2', lane: 'block' });
      await one.release();
      const three = await held(await other('here'));
      expect([one.token, two.token, three.token]).toEqual(
        [one.token, two.token, three.token].toSorted((a, b) => a - b),
      );
      expect(new Set([one.token, two.token, three.token]).size).toBe(3);
    });

    it('lets the holder append', async () => {
      const { log } = fixture();
      const { token } = await held(fixture());
      const record = recordOf(fixture(), 'a');
      await log.commit({ records: [record], entries: [newEntry(record)], lease: token });
      expect(await log.at(place)).toBeDefined();
    });

    it('refuses what a process appends that was taken for dead, and leaves what its successor wrote', async () => {
      const { other, pass, lasts, log } = fixture();
      const zombie = await other('elsewhere');
      const { token } = await held(zombie);
      pass(lasts);
      const successor = await held(fixture());
      const entry = await addOp(fixture(), 'of the successor');
      const record = recordOf(fixture(), 'of the zombie');
      const late = zombie.log.commit({ records: [record], entries: [newEntry(record)], lease: token });
      await failure(late, 'LEASE_LOST');
      expect(await log.at(place)).toStrictEqual(entry);
      await log.commit({ lease: successor.token });
    });

    it('is worth nothing once it was given back', async () => {
      const { log } = fixture();
      const lease = await held(fixture());
      await lease.release();
      await failure(log.commit({ lease: lease.token }), 'LEASE_LOST');
    });

    it('does not take a successor’s lease away when the zombie gives back its own', async () => {
      const { other, pass, lasts } = fixture();
      const zombie = await other('elsewhere');
      const lease = await held(zombie);
      pass(lasts);
      await held(fixture());
      await lease.release();
      await refused(zombie);
    });
  });
}
