import { describe, expect, it } from 'vitest';
import type { Fixture } from '../fixture.js';
import type { OpLogFixture } from './fixture.js';

export function runsSpec(fixture: Fixture<OpLogFixture>): void {
  describe('runs', () => {
    const run = (model: string, body: number, id = 0) => ({ id, model, createdAt: 5, body: Uint8Array.of(body) });

    it('are listed newest first, each model its own', async () => {
      const { log } = fixture();
      const first = await log.putRun(run('m', 1));
      await log.putRun(run('other', 2));
      const second = await log.putRun(run('m', 3));
      expect(second).toBeGreaterThan(first);
      expect(await log.runs('m')).toStrictEqual([run('m', 3, second), run('m', 1, first)]);
    });

    it('can be said more of', async () => {
      const { log } = fixture();
      const id = await log.putRun(run('m', 1));
      expect(await log.putRun(run('m', 9, id))).toBe(id);
      expect(await log.runs('m')).toStrictEqual([run('m', 9, id)]);
    });

    it('of a model are kept up to twenty, and go with it', async () => {
      const { log } = fixture();
      await log.putRun(run('other', 0));
      for (let i = 0; i < 25; i++) await log.putRun(run('m', i));
      expect((await log.runs('m')).map(({ body }) => body[0])).toEqual(Array.from({ length: 20 }, (_, i) => 24 - i));
      await log.deleteModel('m');
      expect(await log.runs('m')).toEqual([]);
      expect(await log.runs('other')).toHaveLength(1);
    });
  });
}
