import { describe, expect, it } from 'vitest';
import type { Fixture } from '../fixture.js';
import { addOp, ids } from './fixture.js';
import type { OpLogFixture } from './fixture.js';

export function descendantsSpec(fixture: Fixture<OpLogFixture>): void {
  describe('ancestors', () => {
    it('leads from the root to the entry, over superseded ones too', async () => {
      const f = fixture();
      const root = await addOp(f, 'root', { lane: 'root', kind: 'open', checkpoint: '' });
      const a = await addOp(f, 'a', { parent: root.id });
      const b = await addOp(f, 'b', { checkpoint: '2', parent: a.id });
      await addOp(f, 'beside', { checkpoint: '3', parent: a.id });
      await f.log.commit({ supersede: [a.id] });
      expect(await f.log.ancestors(b.id)).toStrictEqual([root, { ...a, status: 'superseded' }, b]);
      expect(ids(await f.log.ancestors(root.id))).toEqual([root.id]);
      expect(await f.log.ancestors(4711)).toEqual([]);
    });

    it('follows parents that are younger, and ends where they go in a circle', async () => {
      const f = fixture();
      const a = await addOp(f, 'a');
      const b = await addOp(f, 'b', { occurrence: 1, parent: a.id });
      const above = await addOp(f, 'above', { checkpoint: '0' });
      await f.log.move(a.id, { position: 0, parent: above.id });
      expect(ids(await f.log.ancestors(b.id))).toEqual(ids([above, a, b]));
      await f.log.move(above.id, { position: 0, parent: b.id });
      expect(ids(await f.log.ancestors(b.id))).toEqual(ids([above, a, b]));
    });
  });

  describe('descendants', () => {
    it('follows parents through forks and checkpoints, and leaves the entry itself out', async () => {
      const f = fixture();
      const root = await addOp(f, 'root', { lane: 'root', kind: 'open', checkpoint: '' });
      const a = await addOp(f, 'a', { parent: root.id });
      const a1 = await addOp(f, 'a1', { occurrence: 1, parent: a.id });
      const b = await addOp(f, 'b', { checkpoint: '2', parent: a1.id });
      const c = await addOp(f, 'c', { checkpoint: '3', parent: a.id });
      await addOp(f, 'unrelated', { model: 'other' });
      expect(ids(await f.log.descendants(root.id))).toEqual(ids([a, a1, b, c]));
      expect(ids(await f.log.descendants(a1.id))).toEqual(ids([b]));
      expect(ids(await f.log.descendants(c.id))).toEqual([]);
    });

    it('leaves out what is superseded, and finds what is live below that', async () => {
      const f = fixture();
      const a = await addOp(f, 'a');
      const b = await addOp(f, 'b', { occurrence: 1, parent: a.id });
      const c = await addOp(f, 'c', { occurrence: 2, parent: b.id });
      await f.log.commit({ supersede: [b.id] });
      expect(ids(await f.log.descendants(a.id))).toEqual(ids([c]));
    });

    it('follows a long chain', async () => {
      const f = fixture();
      let parent = (await addOp(f, 'op 0')).id;
      const first = parent;
      for (let i = 1; i < 300; i++) parent = (await addOp(f, `op ${i}`, { occurrence: i, parent })).id;
      expect(await f.log.descendants(first)).toHaveLength(299);
    });

    it('ends where entries were moved into a circle', async () => {
      const f = fixture();
      const a = await addOp(f, 'a');
      const b = await addOp(f, 'b', { occurrence: 1, parent: a.id });
      await f.log.move(a.id, { position: 0, parent: b.id });
      expect(ids(await f.log.descendants(a.id))).toEqual([b.id]);
    });
  });
}
