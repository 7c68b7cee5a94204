import { describe, expect, it } from 'vitest';
import type { Fixture } from '../fixture.js';
import { addOp, addState, fingerprintOf, newEntry, recordOf } from './fixture.js';
import type { OpLogFixture } from './fixture.js';

export function replacedSpec(fixture: Fixture<OpLogFixture>): void {
  describe('a record that is set aside for another', () => {
    it('is found under the other fingerprint, by the calls and tags that named it; the new one under its own', async () => {
      const f = fixture();
      const { log } = f;
      const old = recordOf(f, 'call', { stateAfter: await addState(f, 'old'), series: fingerprintOf(f, 'series') });
      const [entry] = await log.commit({ records: [old], entries: [newEntry(old)] });
      await log.putTag({ model: 'm', name: 'kept', record: old.fingerprint, entry: entry!.id, createdAt: 1 });

      const aside = fingerprintOf(f, 'aside');
      const next = { ...old, stateAfter: await addState(f, 'new'), result: Uint8Array.of(9), cost: 7 };
      const [again] = await log.commit({
        replaced: { fingerprint: old.fingerprint, aside },
        records: [next],
        entries: [newEntry(next, { createdAt: 3000 })],
      });

      expect(await log.record(old.fingerprint)).toStrictEqual(next);
      expect(await log.record(aside)).toStrictEqual({ ...old, fingerprint: aside });
      expect(await log.entry(entry!.id)).toStrictEqual({ ...entry, record: aside, status: 'superseded' });
      expect(again).toMatchObject({ record: old.fingerprint, status: 'live' });
      expect((await log.tags('m')).map((tag) => tag.record)).toEqual([aside]);
      expect(await log.series(fingerprintOf(f, 'series'))).toHaveLength(2);
    });

    it('leaves its aliases to the one that takes its place', async () => {
      const f = fixture();
      const { log } = f;
      const old = recordOf(f, 'call');
      const alias = { fingerprint: fingerprintOf(f, 'accepted'), record: old.fingerprint, fields: {}, createdAt: 1 };
      await log.commit({ records: [old], entries: [newEntry(old)], aliases: [alias] });
      const aside = fingerprintOf(f, 'aside');
      const next = { ...old, result: Uint8Array.of(9) };
      await log.commit({ replaced: { fingerprint: old.fingerprint, aside }, records: [next] });
      expect(await log.record(alias.fingerprint)).toStrictEqual(next);
      expect(await log.aliases(aside)).toEqual([]);
    });

    it('goes with the last call that names it, and the new one stays', async () => {
      const f = fixture();
      const { log } = f;
      const entry = await addOp(f, 'call');
      const old = (await log.record(entry.record))!;
      const aside = fingerprintOf(f, 'aside');
      const next = { ...recordOf(f, 'call'), result: Uint8Array.of(9) };
      await log.commit({
        replaced: { fingerprint: old.fingerprint, aside },
        records: [next],
        entries: [newEntry(next)],
      });
      await log.deleteEntries([entry.id]);
      expect(await log.record(aside)).toBeUndefined();
      expect(await log.record(next.fingerprint)).toStrictEqual(next);
    });

    it('is none where nothing has the fingerprint: the commit adds its record', async () => {
      const f = fixture();
      const record = recordOf(f, 'call');
      const replaced = { fingerprint: record.fingerprint, aside: fingerprintOf(f, 'aside') };
      await f.log.commit({ replaced, records: [record], entries: [newEntry(record)] });
      expect(await f.log.record(record.fingerprint)).toStrictEqual(record);
      expect(await f.log.record(replaced.aside)).toBeUndefined();
    });
  });
}
