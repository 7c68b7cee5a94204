import type { OpRecord } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { failure } from '../failure.js';
import type { Fixture } from '../fixture.js';
import { addOp, addState, newEntry, recordOf } from './fixture.js';
import type { OpLogFixture } from './fixture.js';

export function removalSpec(fixture: Fixture<OpLogFixture>): void {
  describe('deleting', () => {
    it('removes a checkpoint with its entries, live and superseded, and their records', async () => {
      const f = fixture();
      await f.log.putCheckpoint({ model: 'm', id: '1', description: '', createdAt: 1 });
      const old = await addOp(f, 'old');
      const live = await addOp(f, 'live');
      const other = await addOp(f, 'other', { checkpoint: '2' });
      expect(await f.log.deleteCheckpoint('m', '1')).toBe(true);
      expect(await f.log.checkpoint('m', '1')).toBeUndefined();
      expect(await f.log.entries({})).toStrictEqual([other]);
      expect(await f.log.record(old.record)).toBeUndefined();
      expect(await f.log.record(live.record)).toBeUndefined();
      expect(await f.log.record(other.record)).toBeDefined();
    });

    it('keeps a record that an entry elsewhere names, superseded or not', async () => {
      const f = fixture();
      const [shared, also] = [recordOf(f, 'shared'), recordOf(f, 'also')];
      const entries = await f.log.commit({
        records: [shared, also],
        entries: [
          newEntry(shared),
          newEntry(also, { occurrence: 1 }),
          newEntry(shared, { checkpoint: '2' }),
          newEntry(also, { model: 'other' }),
        ],
      });
      await f.log.commit({ supersede: [entries[3]!.id] });
      await f.log.deleteCheckpoint('m', '1');
      expect(await f.log.record(shared.fingerprint)).toStrictEqual(shared);
      expect(await f.log.record(also.fingerprint)).toStrictEqual(also);
    });

    it('removes the aliases of a record with it', async () => {
      const f = fixture();
      const record = recordOf(f, 'a');
      const alias = { fingerprint: recordOf(f, 'b').fingerprint, record: record.fingerprint, fields: {}, createdAt: 1 };
      await f.log.commit({ records: [record], aliases: [alias], entries: [newEntry(record)] });
      await f.log.deleteCheckpoint('m', '1');
      expect(await f.log.record(alias.fingerprint)).toBeUndefined();
      expect(await f.log.aliases(record.fingerprint)).toEqual([]);
    });

    it('removes the states that only its records named, and lets their blobs go', async () => {
      const f = fixture();
      const [only, common] = [await addState(f, 'only'), await addState(f, 'common')];
      const gone = recordOf(f, 'gone', { stateBefore: common, stateAfter: only });
      const stays = recordOf(f, 'stays', { stateBefore: common });
      await f.log.commit({ records: [gone, stays], entries: [newEntry(gone), newEntry(stays, { checkpoint: '2' })] });
      await f.log.deleteCheckpoint('m', '1');
      await failure(f.log.commit({ records: [recordOf(f, 'x', { stateAfter: only })] }), 'DANGLING_REFERENCE');
      await f.log.commit({ records: [recordOf(f, 'y', { stateAfter: common })] });
      expect(await f.blobs.has(only)).toBe(true);
      expect(await f.blobs.delete(only)).toBe(true);
    });

    it('leaves what stood on it without a parent', async () => {
      const f = fixture();
      const parent = await addOp(f, 'a');
      const fork = await addOp(f, 'b', { checkpoint: '2', parent: parent.id });
      await f.log.deleteCheckpoint('m', '1');
      expect(await f.log.entry(fork.id)).toStrictEqual({ ...fork, parent: null });
    });

    it('removes single entries, and what only they named', async () => {
      const f = fixture();
      const parent = await addOp(f, 'a');
      const child = await addOp(f, 'b', { occurrence: 1, parent: parent.id });
      await f.log.deleteEntries([parent.id]);
      expect(await f.log.entries({})).toStrictEqual([{ ...child, parent: null }]);
      expect(await f.log.record(parent.record)).toBeUndefined();
      expect(await f.log.checkpoint('m', '1')).toBeDefined();
    });

    it('says when there was no such checkpoint or model', async () => {
      const { log } = fixture();
      expect(await log.deleteCheckpoint('m', '1')).toBe(false);
      expect(await log.deleteModel('m')).toBe(false);
    });

    it('removes a checkpoint without ops, and one without a row', async () => {
      const f = fixture();
      await f.log.putCheckpoint({ model: 'm', id: '1', description: '', createdAt: 1 });
      expect(await f.log.deleteCheckpoint('m', '1')).toBe(true);
      await addOp(f, 'a', { checkpoint: '2' });
      expect(await f.log.deleteCheckpoint('m', '2')).toBe(true);
    });

    it('removes a model with its root, checkpoints and records, and no other model', async () => {
      const f = fixture();
      for (const id of ['m', 'other']) {
        await f.log.putModel({ id, description: '', hparams: new Uint8Array(), threads: null, createdAt: 1 });
        await f.log.putCheckpoint({ model: id, id: '1', description: '', createdAt: 1 });
      }
      const root = await addOp(f, 'root', { lane: 'root', kind: 'open', checkpoint: '' });
      await addOp(f, 'a', { parent: root.id });
      const shared: OpRecord = recordOf(f, 'shared');
      await f.log.commit({
        records: [shared],
        entries: [newEntry(shared, { occurrence: 3 }), newEntry(shared, { model: 'other' })],
      });
      expect(await f.log.deleteModel('m')).toBe(true);
      expect((await f.log.models()).map(({ id }) => id)).toEqual(['other']);
      expect(await f.log.checkpoints('m')).toEqual([]);
      expect(await f.log.entries({ model: 'm' })).toEqual([]);
      expect(await f.log.record(root.record)).toBeUndefined();
      expect(await f.log.record(shared.fingerprint)).toStrictEqual(shared);
      expect(await f.log.checkpoints('other')).toHaveLength(1);
    });
  });
}
