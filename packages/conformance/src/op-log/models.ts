import type { CheckpointRow, ModelRow } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import type { Fixture } from '../fixture.js';
import { addOp, place } from './fixture.js';
import type { OpLogFixture } from './fixture.js';

const model: ModelRow = {
  id: 'm',
  description: 'two layers',
  hparams: Uint8Array.of(1, 2),
  threads: null,
  createdAt: 1000.5,
};
const checkpoint: CheckpointRow = { model: 'm', id: '1', description: 'Adam', createdAt: 2000.25 };

/** Names that would leave a folder, end a statement, or meet another name, if they were anything but values. */
const odd = [
  '../../etc/passwd',
  'a/b',
  '..',
  '',
  ' ',
  "x'; DROP TABLE op_log; --",
  'a',
  '\u00e9',
  'e\u0301',
  '💾',
  'CON',
  '%',
  '_',
  'x'.repeat(5000),
];

export function modelsSpec(fixture: Fixture<OpLogFixture>): void {
  describe('models and checkpoints', () => {
    it('keeps a model, and what was said of it last', async () => {
      const { log } = fixture();
      expect(await log.model('m')).toBeUndefined();
      await log.putModel(model);
      expect(await log.model('m')).toStrictEqual(model);
      const later = { ...model, description: 'three layers', hparams: Uint8Array.of(3), threads: 2 };
      await log.putModel(later);
      expect(await log.model('m')).toStrictEqual(later);
      expect(await log.models()).toStrictEqual([later]);
    });

    it('keeps checkpoints by model, in the order of their creation', async () => {
      const { log } = fixture();
      for (const id of ['2', '10', '1']) await log.putCheckpoint({ ...checkpoint, id });
      await log.putCheckpoint({ ...checkpoint, model: 'other' });
      await log.putCheckpoint({ ...checkpoint, id: '10', description: 'changed' });
      expect((await log.checkpoints('m')).map(({ id }) => id)).toEqual(['2', '10', '1']);
      expect(await log.checkpoint('m', '10')).toStrictEqual({ ...checkpoint, id: '10', description: 'changed' });
      expect(await log.checkpoint('m', '3')).toBeUndefined();
      expect(await log.checkpoints('none')).toEqual([]);
    });

    it.each(['a\u0000b', 'a\ud800b'])('refuses a name that no database keeps as it is: %j', async (id) => {
      const { log } = fixture();
      await expect(log.putModel({ ...model, id })).rejects.toMatchObject({ code: 'STORE_IO' });
      expect(await log.models()).toEqual([]);
    });

    it('keeps models and checkpoints of any name apart', async () => {
      const { log } = fixture();
      for (const id of odd) await log.putModel({ ...model, id });
      for (const id of odd) await log.putCheckpoint({ ...checkpoint, id });
      expect((await log.models()).map(({ id }) => id).toSorted()).toEqual(odd.toSorted());
      expect((await log.checkpoints('m')).map(({ id }) => id)).toEqual(odd);
      for (const id of odd) expect(await log.model(id)).toStrictEqual({ ...model, id });
    });

    it('keeps ops at places of any name apart', async () => {
      const { log } = fixture();
      for (const name of odd) await addOp(fixture(), `op ${name}`, { model: name, checkpoint: name, name });
      for (const name of odd) {
        const entry = await log.at({ ...place, model: name, checkpoint: name, name });
        expect(entry).toMatchObject({ model: name, checkpoint: name, name });
      }
      expect(await log.entries({})).toHaveLength(odd.length);
    });
  });
}
