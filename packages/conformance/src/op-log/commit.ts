import { describe, expect, it } from 'vitest';
import type { Fixture } from '../fixture.js';
import { addOp, ids, newEntry, place, recordOf } from './fixture.js';
import type { OpLogFixture } from './fixture.js';

export function commitSpec(fixture: Fixture<OpLogFixture>): void {
  describe('commit', () => {
    it('returns the new entries in the order given, with ids that grow', async () => {
      const { log } = fixture();
      const records = ['a', 'b', 'c'].map((text) => recordOf(fixture(), text));
      const entries = await log.commit({
        records,
        entries: records.map((record, occurrence) => newEntry(record, { occurrence })),
      });
      expect(entries.map(({ record }) => record)).toEqual(records.map(({ fingerprint }) => fingerprint));
      expect(ids(entries)).toEqual(ids(entries).toSorted((a, b) => a - b));
      expect(await log.entries({})).toStrictEqual(entries);
    });

    it('names a parent among its own entries', async () => {
      const { log } = fixture();
      const records = ['a', 'b', 'c'].map((text) => recordOf(fixture(), text));
      const [a, b, c] = await log.commit({
        records,
        entries: records.map((record, i) =>
          newEntry(record, { occurrence: i, parent: i === 0 ? null : { added: i - 1 } }),
        ),
      });
      expect([a!.parent, b!.parent, c!.parent]).toEqual([null, a!.id, b!.id]);
    });

    it('supersedes the live entry of a place that it takes, and keeps it', async () => {
      const { log } = fixture();
      const old = await addOp(fixture(), 'a');
      const other = await addOp(fixture(), 'other', { occurrence: 1 });
      const next = await addOp(fixture(), 'b');
      expect(next.id).toBeGreaterThan(old.id);
      expect(await log.at(place)).toStrictEqual(next);
      expect(await log.entry(old.id)).toStrictEqual({ ...old, status: 'superseded' });
      expect(await log.entry(other.id)).toStrictEqual(other);
      expect(await log.record(old.record)).toBeDefined();
    });

    it('supersedes the entries it is told to, once or again', async () => {
      const { log } = fixture();
      const [a, b] = [await addOp(fixture(), 'a'), await addOp(fixture(), 'b', { occurrence: 1 })];
      await log.commit({ supersede: [a.id, b.id] });
      await log.commit({ supersede: [a.id] });
      // Another process may have removed it: it is out of the way all the same.
      await log.commit({ supersede: [4711] });
      expect(await log.at(place)).toBeUndefined();
      expect(ids(await log.entries({ status: 'superseded' }))).toEqual([a.id, b.id]);
    });

    it('lets what stood on an entry stand on the one that inherits from it', async () => {
      const { log } = fixture();
      const old = await addOp(fixture(), 'a');
      const child = await addOp(fixture(), 'child', { checkpoint: '2', parent: old.id });
      const record = recordOf(fixture(), 'b');
      const [next] = await log.commit({ records: [record], entries: [newEntry(record, { inherits: old.id })] });
      expect(await log.entry(child.id)).toStrictEqual({ ...child, parent: next!.id });
      expect(next!.parent).toBeNull();
    });

    it('takes a place back for a record that was superseded there', async () => {
      const { log } = fixture();
      const a = await addOp(fixture(), 'a');
      await addOp(fixture(), 'b');
      const [again] = await log.commit({ entries: [newEntry(a.record)] });
      expect(await log.at(place)).toStrictEqual(again);
      expect(await log.entries({ record: a.record })).toHaveLength(2);
    });

    it('gives no id twice, after a deletion neither', async () => {
      const { log } = fixture();
      const a = await addOp(fixture(), 'a');
      await log.deleteCheckpoint('m', '1');
      const b = await addOp(fixture(), 'b');
      expect(b.id).toBeGreaterThan(a.id);
    });

    it('adds nothing for an empty commit', async () => {
      expect(await fixture().log.commit({})).toEqual([]);
    });

    it('lets commits at the same time all take their places', async () => {
      const { log } = fixture();
      const entries = await Promise.all(
        Array.from({ length: 50 }, (_, i) => addOp(fixture(), `op ${i}`, { occurrence: i })),
      );
      expect(new Set(ids(entries)).size).toBe(50);
      expect(await log.entries({ status: 'live' })).toHaveLength(50);
    });
  });
}
