import type { Snapshot } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { failure } from '../failure.js';
import type { Fixture } from '../fixture.js';
import { addState, fingerprintOf, newEntry, place, recordOf } from './fixture.js';
import type { OpLogFixture } from './fixture.js';

async function snapshotOf(f: OpLogFixture, changes: Partial<Snapshot> = {}): Promise<Snapshot> {
  const { epoch = 1, step = 0 } = changes;
  return {
    series: fingerprintOf(f, 'series'),
    epoch,
    step,
    running: true,
    kept: false,
    state: await addState(f, `state ${epoch}, ${step}`),
    best: null,
    place,
    epochs: 20,
    progress: Uint8Array.of(epoch, step),
    cost: 10,
    threads: 2,
    createdAt: 1000,
    ...changes,
  };
}

export function snapshotsSpec(fixture: Fixture<OpLogFixture>): void {
  describe('snapshots', () => {
    it('come back as they were, the furthest first', async () => {
      const f = fixture();
      const ended = await Promise.all([3, 1, 2].map((epoch) => snapshotOf(f, { epoch, running: false })));
      const inside = await snapshotOf(f, { epoch: 2, step: 7, running: false });
      await f.log.commit({ snapshots: [...ended, inside] });
      const found = await f.log.snapshots({ series: ended[0]!.series });
      expect(found).toStrictEqual([ended[0], inside, ended[2], ended[1]]);
    });

    it('are found by series, place and whether they are of a running train', async () => {
      const f = fixture();
      const [a, b] = [await snapshotOf(f), await snapshotOf(f, { series: fingerprintOf(f, 'other'), running: false })];
      const elsewhere = { ...place, model: 'other', checkpoint: '2' };
      const c = await snapshotOf(f, { series: fingerprintOf(f, 'third'), place: elsewhere });
      await f.log.commit({ snapshots: [a, b, c] });
      expect(await f.log.snapshots({ running: false })).toStrictEqual([b]);
      expect(await f.log.snapshots({ model: 'other', checkpoint: '2' })).toStrictEqual([c]);
      expect(await f.log.snapshots({ series: a.series, running: false })).toEqual([]);
    });

    it('take the place of the running ones of their series that are not later', async () => {
      const f = fixture();
      const other = await snapshotOf(f, { series: fingerprintOf(f, 'other') });
      const [one, two, later] = [
        await snapshotOf(f),
        await snapshotOf(f, { epoch: 2 }),
        await snapshotOf(f, { epoch: 9 }),
      ];
      await f.log.commit({ snapshots: [other, later, one] });
      await f.log.commit({ snapshots: [two] });
      expect(await f.log.snapshots({ series: one.series })).toStrictEqual([later, two]);
      const end = { ...two, running: false };
      await f.log.commit({ snapshots: [end] });
      expect(await f.log.snapshots({ series: one.series })).toStrictEqual([later, end]);
      // What a running train passes that another one ended at stays.
      await f.log.commit({ snapshots: [two] });
      expect(await f.log.snapshots({ series: one.series })).toStrictEqual([later, end]);
    });

    it('that are kept stay beside later ones, until they are forgotten', async () => {
      const f = fixture();
      const kept = await snapshotOf(f, { kept: true });
      const within = await snapshotOf(f, { step: 3, kept: true });
      const two = await snapshotOf(f, { epoch: 2 });
      for (const snapshot of [kept, within, two]) await f.log.commit({ snapshots: [snapshot] });
      expect(await f.log.snapshots({ series: kept.series })).toStrictEqual([two, within, kept]);
      const three = await snapshotOf(f, { epoch: 3, kept: true });
      await f.log.commit({ snapshots: [three], forget: [within] });
      expect(await f.log.snapshots({ series: kept.series })).toStrictEqual([three, kept]);
      // One that was there comes to be kept.
      const four = await snapshotOf(f, { epoch: 4 });
      await f.log.commit({ snapshots: [four] });
      await f.log.commit({ snapshots: [{ ...four, kept: true }] });
      expect(await f.log.snapshots({ series: kept.series })).toStrictEqual([{ ...four, kept: true }, three, kept]);
    });

    it('of a train that has ended are neither replaced nor forgotten by one that is running', async () => {
      const f = fixture();
      const ended = await snapshotOf(f, { kept: true, running: false });
      await f.log.commit({ snapshots: [ended] });
      const again = { ...ended, running: true, createdAt: 2000 };
      await f.log.commit({ snapshots: [again] });
      await f.log.commit({ snapshots: [await snapshotOf(f, { epoch: 5 })], forget: [ended] });
      expect((await f.log.snapshots({ series: ended.series })).at(-1)).toStrictEqual(ended);
      const end = { ...ended, createdAt: 3000 };
      await f.log.commit({ snapshots: [end] });
      expect((await f.log.snapshots({ series: ended.series })).at(-1)).toStrictEqual(end);
    });

    it('keep their states, which go with them', async () => {
      const f = fixture();
      const best = await addState(f, 'best');
      const first = await snapshotOf(f, { best });
      await f.log.commit({ snapshots: [first] });
      await failure(f.blobs.delete(first.state), 'DANGLING_REFERENCE');
      await failure(f.blobs.delete(best), 'DANGLING_REFERENCE');
      await f.log.commit({ snapshots: [await snapshotOf(f, { epoch: 2 })] });
      expect(await f.blobs.delete(first.state)).toBe(true);
      expect(await f.blobs.delete(best)).toBe(true);
    });

    it('are refused where a state that they name is not recorded', async () => {
      const f = fixture();
      const state = fingerprintOf(f, 'nowhere') as never;
      await failure(f.log.commit({ snapshots: [await snapshotOf(f, { state })] }), 'DANGLING_REFERENCE');
      await failure(f.log.commit({ snapshots: [await snapshotOf(f, { best: state })] }), 'DANGLING_REFERENCE');
    });

    it('of a finished train go with the last record of their series, those of a running one with its checkpoint', async () => {
      const f = fixture();
      const end = await snapshotOf(f, { running: false });
      const running = await snapshotOf(f, { series: fingerprintOf(f, 'running') });
      const [a, b] = [recordOf(f, 'a', { series: end.series }), recordOf(f, 'b', { series: end.series })];
      await f.log.commit({
        records: [a, b],
        entries: [newEntry(a), newEntry(b, { checkpoint: '2' })],
        snapshots: [end, running],
      });
      await f.log.deleteCheckpoint('m', '1');
      expect(await f.log.snapshots({})).toStrictEqual([end]);
      await f.log.deleteCheckpoint('m', '2');
      expect(await f.log.snapshots({})).toEqual([]);
      expect(await f.blobs.delete(end.state)).toBe(true);
    });
  });

  describe('a series', () => {
    it('has its records, in the order of their creation', async () => {
      const f = fixture();
      const series = fingerprintOf(f, 'series');
      const [a, b, c] = [recordOf(f, 'a', { series }), recordOf(f, 'b', { series }), recordOf(f, 'c')];
      await f.log.commit({ records: [c, b] });
      await f.log.commit({ records: [a] });
      expect(await f.log.series(series)).toStrictEqual([b, a]);
      expect(await f.log.record(a.fingerprint)).toStrictEqual(a);
      expect(await f.log.series(fingerprintOf(f, 'none'))).toEqual([]);
    });
  });
}
