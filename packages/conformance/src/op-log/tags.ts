import { describe, expect, it } from 'vitest';
import { failure } from '../failure.js';
import type { Fixture } from '../fixture.js';
import { addOp, fingerprintOf } from './fixture.js';
import type { OpLogFixture } from './fixture.js';

export function tagsSpec(fixture: Fixture<OpLogFixture>): void {
  describe('tags', () => {
    const tagOf = (name: string, record: never) => ({ model: 'm', name, record, entry: null, createdAt: 9 });

    it('are listed by name, each model its own; a name that is taken goes over', async () => {
      const f = fixture();
      const [a, b] = [await addOp(f, 'a'), await addOp(f, 'b', { checkpoint: '2' })];
      await f.log.putTag(tagOf('second', a.record as never));
      await f.log.putTag(tagOf('first', a.record as never));
      await f.log.putTag({ ...tagOf('first', b.record as never), model: 'other' });
      await f.log.putTag(tagOf('second', b.record as never));
      expect(await f.log.tags('m')).toStrictEqual([
        tagOf('first', a.record as never),
        tagOf('second', b.record as never),
      ]);
      expect(await f.log.tags('nobody')).toEqual([]);
    });

    it('keep their record when its entries go; it goes with the last tag', async () => {
      const f = fixture();
      const { record } = await addOp(f, 'a');
      await f.log.putTag(tagOf('one', record as never));
      await f.log.putTag(tagOf('two', record as never));
      await f.log.deleteCheckpoint('m', '1');
      expect(await f.log.record(record)).toBeDefined();
      expect(await f.log.deleteTag('m', 'one')).toBe(true);
      expect(await f.log.record(record)).toBeDefined();
      expect(await f.log.deleteTag('m', 'two')).toBe(true);
      expect(await f.log.record(record)).toBeUndefined();
      expect(await f.log.deleteTag('m', 'two')).toBe(false);
    });

    it('know the entry that was named, while it is there', async () => {
      const f = fixture();
      const { id, record } = await addOp(f, 'a');
      await f.log.putTag({ ...tagOf('one', record as never), entry: id });
      expect((await f.log.tags('m'))[0]?.entry).toBe(id);
      await f.log.deleteCheckpoint('m', '1');
      expect((await f.log.tags('m'))[0]?.entry).toBeNull();
    });

    it('go with their model', async () => {
      const f = fixture();
      const { record } = await addOp(f, 'a');
      await f.log.putTag(tagOf('one', record as never));
      await f.log.deleteModel('m');
      expect(await f.log.tags('m')).toEqual([]);
      expect(await f.log.record(record)).toBeUndefined();
    });

    it('are refused where there is no such record', async () => {
      const f = fixture();
      await failure(f.log.putTag(tagOf('one', fingerprintOf(f, 'none') as never)), 'DANGLING_REFERENCE');
    });
  });
}
