import { describe, expect, it } from 'vitest';
import { failure } from '../failure.js';
import type { Fixture } from '../fixture.js';
import { addOp } from './fixture.js';
import type { OpLogFixture } from './fixture.js';

export function settlementsSpec(fixture: Fixture<OpLogFixture>): void {
  describe('a settlement', () => {
    it('is said of an entry, changed, and taken back', async () => {
      const f = fixture();
      const { id } = await addOp(f, 'a');
      expect(await f.log.settlement(id)).toBeUndefined();
      await f.log.settle(id, 'rerun', 5);
      expect(await f.log.settlement(id)).toStrictEqual({ entry: id, policy: 'rerun', createdAt: 5 });
      await f.log.settle(id, 'accept', 6);
      expect(await f.log.settlement(id)).toStrictEqual({ entry: id, policy: 'accept', createdAt: 6 });
      await f.log.settle(id, null, 7);
      expect(await f.log.settlement(id)).toBeUndefined();
    });

    it('ends with the commit that carries it out, and with its entry', async () => {
      const f = fixture();
      const [a, b] = [await addOp(f, 'a'), await addOp(f, 'b', { checkpoint: '2' })];
      await f.log.settle(a.id, 'rerun', 1);
      await f.log.settle(b.id, 'rerun', 1);
      expect((await f.log.settlements('m')).map(({ entry }) => entry)).toEqual([a.id, b.id]);
      expect(await f.log.settlements('other')).toEqual([]);
      await f.log.commit({ settled: [a.id], supersede: [a.id] });
      expect(await f.log.settlement(a.id)).toBeUndefined();
      await f.log.deleteCheckpoint('m', '2');
      expect(await f.log.settlement(b.id)).toBeUndefined();
    });

    it('is refused where there is no such entry', async () => {
      await failure(fixture().log.settle(4711, 'rerun', 1), 'DANGLING_REFERENCE');
    });
  });
}
