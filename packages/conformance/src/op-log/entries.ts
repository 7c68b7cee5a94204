import { describe, expect, it } from 'vitest';
import type { Fixture } from '../fixture.js';
import { addOp, addState, ids, newEntry, place, recordOf } from './fixture.js';
import type { OpLogFixture } from './fixture.js';

export function entriesSpec(fixture: Fixture<OpLogFixture>): void {
  describe('entries', () => {
    it('finds the live entry at a place, and by its id', async () => {
      const { log } = fixture();
      const entry = await addOp(fixture(), 'a');
      expect(entry).toStrictEqual({ ...newEntry(entry.record), id: entry.id, status: 'live' });
      expect(await log.at(place)).toStrictEqual(entry);
      expect(await log.entry(entry.id)).toStrictEqual(entry);
    });

    it.each([
      { model: 'other' },
      { checkpoint: '2' },
      { lane: 'handle' as const },
      { kind: 'evaluate' as const },
      { name: 'n' },
      { occurrence: 1 },
    ])('finds nothing at another place: %o', async (other) => {
      await addOp(fixture(), 'a');
      expect(await fixture().log.at({ ...place, ...other })).toBeUndefined();
    });

    it('matches a place with the very record that it has, by one question', async () => {
      const { log } = fixture();
      const entry = await addOp(fixture(), 'a');
      const record = await log.record(entry.record);
      expect(await log.match(place, entry.record)).toStrictEqual({ entry, record });
      const other = await addOp(fixture(), 'b', { model: 'other' });
      expect(await log.match(place, other.record)).toBeUndefined();
      expect(await log.match({ ...place, occurrence: 1 }, entry.record)).toBeUndefined();
      await log.commit({ supersede: [entry.id] });
      expect(await log.match(place, entry.record)).toBeUndefined();
    });

    it('matches a long lane in order, and sees what was superseded, moved and added on the way', async () => {
      const { log } = fixture();
      const added: Awaited<ReturnType<typeof addOp>>[] = [];
      for (let i = 0; i < 150; i++) added.push(await addOp(fixture(), `op ${i}`, { occurrence: i, position: i }));
      const matched = async (i: number): Promise<boolean> => {
        const found = await log.match({ ...place, occurrence: i }, added[i]!.record);
        if (found !== undefined)
          expect(found).toStrictEqual({ entry: added[i], record: await log.record(added[i]!.record) });
        return found !== undefined;
      };
      for (let i = 0; i < 70; i++) expect(await matched(i)).toBe(true);
      await log.commit({ supersede: [added[80]!.id] });
      const again = await addOp(fixture(), 'another', { occurrence: 90, position: 90 });
      for (let i = 70; i < 150; i++) expect(await matched(i), `op ${i}`).toBe(i !== 80 && i !== 90);
      expect(await log.match({ ...place, occurrence: 90 }, again.record)).toMatchObject({ entry: { id: again.id } });
      expect(await matched(3)).toBe(true);
    });

    it('leaves an entry as it is that is added again: the same record at its place, on the same parent', async () => {
      const { log } = fixture();
      const entry = await addOp(fixture(), 'a');
      expect(await log.commit({ entries: [newEntry(entry.record)] })).toStrictEqual([entry]);
      expect(await log.entries({})).toStrictEqual([entry]);
    });

    it('finds no entry by an id that was never given', async () => {
      expect(await fixture().log.entry(12345)).toBeUndefined();
    });

    it('filters by each field, and by all together', async () => {
      const f = fixture();
      const stateAfter = await addState(f, 'after');
      const record = recordOf(f, 'with state', { stateAfter });
      const [a] = await f.log.commit({ records: [record], entries: [newEntry(record, { name: 'x' })] });
      const b = await addOp(f, 'b', { model: 'other', position: 1 });
      const c = await addOp(f, 'c', { checkpoint: '2', position: 2 });
      const d = await addOp(f, 'd', { lane: 'handle', position: 3 });
      const e = await addOp(f, 'e', { kind: 'evaluate', position: 4 });
      await f.log.commit({ supersede: [c.id] });

      expect(ids(await f.log.entries({ model: 'other' }))).toEqual([b.id]);
      expect(ids(await f.log.entries({ checkpoint: '2' }))).toEqual([c.id]);
      expect(ids(await f.log.entries({ lane: 'handle' }))).toEqual([d.id]);
      expect(ids(await f.log.entries({ kind: 'evaluate' }))).toEqual([e.id]);
      expect(ids(await f.log.entries({ status: 'superseded' }))).toEqual([c.id]);
      expect(ids(await f.log.entries({ record: b.record }))).toEqual([b.id]);
      expect(ids(await f.log.entries({ stateAfter }))).toEqual([a!.id]);
      expect(
        ids(await f.log.entries({ model: 'm', checkpoint: '1', lane: 'block', kind: 'train', status: 'live' })),
      ).toEqual([a!.id]);
      expect(ids(await f.log.entries({ model: 'm', checkpoint: '3' }))).toEqual([]);
      expect(ids(await f.log.entries({}))).toHaveLength(5);
    });

    it('orders by lane, from the root to the handle, then position, then id', async () => {
      const f = fixture();
      const handle = await addOp(f, 'a', { lane: 'handle', position: 0 });
      const late = await addOp(f, 'b', { occurrence: 0, position: 5 });
      const tie = await addOp(f, 'c', { occurrence: 1, position: 5 });
      const early = await addOp(f, 'd', { occurrence: 2, position: 1 });
      const root = await addOp(f, 'e', { lane: 'root', kind: 'open', checkpoint: '', position: 9 });
      expect(ids(await f.log.entries({ model: 'm' }))).toEqual(ids([root, early, late, tie, handle]));
    });

    it('moves an entry', async () => {
      const { log } = fixture();
      const parent = await addOp(fixture(), 'a');
      const entry = await addOp(fixture(), 'b', { occurrence: 1 });
      await log.move(entry.id, { position: 7, parent: parent.id });
      expect(await log.entry(entry.id)).toStrictEqual({ ...entry, position: 7, parent: parent.id });
      await log.move(entry.id, { position: 8, parent: null });
      expect(await log.entry(entry.id)).toStrictEqual({ ...entry, position: 8, parent: null });
    });
  });
}
