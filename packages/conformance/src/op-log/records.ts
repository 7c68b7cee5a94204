import type { OpRecord } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import type { Fixture } from '../fixture.js';
import { addState, fingerprintOf, newEntry, recordOf } from './fixture.js';
import type { OpLogFixture } from './fixture.js';

export function recordsSpec(fixture: Fixture<OpLogFixture>): void {
  describe('records', () => {
    it('gives back all of a record', async () => {
      const f = fixture();
      const record: OpRecord = {
        fingerprint: fingerprintOf(f, 'full'),
        kind: 'cached',
        series: null,
        fields: {
          epochs: 20,
          lr: 5e-4,
          nothing: null,
          absent: undefined,
          zero: -0,
          nan: NaN,
          list: [1, 'two'],
          when: new Date(5),
        },
        summary: { components: { loss: 'mse', optimizer: null } },
        observed: { big: 2n ** 60n, numbers: Float32Array.of(1, 2.5), map: new Map([[1, 'one']]) },
        stateBefore: await addState(f, 'before'),
        stateAfter: await addState(f, 'after'),
        result: Uint8Array.of(0, 255, 7),
        lines: ['epoch 1/20', '', 'ünï\ncode'],
        cost: 1234.56789,
        provenance: { node: '20.20.2', threads: 2 },
        createdAt: 1_800_000_000_000.125,
      };
      await f.log.commit({ records: [record] });
      expect(await f.log.record(record.fingerprint)).toStrictEqual(record);
    });

    it('knows nothing of a fingerprint that was never recorded', async () => {
      expect(await fixture().log.record(fingerprintOf(fixture(), 'none'))).toBeUndefined();
    });

    it('keeps an empty result, and one of several megabytes', async () => {
      const { log } = fixture();
      const large = new Uint8Array(3_000_000).map((_, i) => i * 31);
      const [a, b] = [
        recordOf(fixture(), 'a', { result: new Uint8Array() }),
        recordOf(fixture(), 'b', { result: large }),
      ];
      await log.commit({ records: [a, b] });
      expect((await log.record(a.fingerprint))?.result).toStrictEqual(new Uint8Array());
      expect(Buffer.compare((await log.record(b.fingerprint))!.result, large)).toBe(0);
    });

    it('leaves a record that is there as it is', async () => {
      const { log } = fixture();
      const first = recordOf(fixture(), 'a');
      await log.commit({ records: [first] });
      await log.commit({ records: [{ ...first, cost: 99, result: Uint8Array.of(9) }] });
      expect(await log.record(first.fingerprint)).toStrictEqual(first);
    });

    it('answers to another fingerprint by an alias', async () => {
      const { log } = fixture();
      const record = recordOf(fixture(), 'a');
      const alias = {
        fingerprint: fingerprintOf(fixture(), 'b'),
        record: record.fingerprint,
        fields: { epochs: 30 },
        createdAt: 3,
      };
      await log.commit({ records: [record], aliases: [alias] });
      expect(await log.record(alias.fingerprint)).toStrictEqual(record);
      expect(await log.aliases(record.fingerprint)).toStrictEqual([alias]);
      expect(await log.aliases(alias.fingerprint)).toEqual([]);
    });

    it('answers by the newest alias, and by a record of its own before any', async () => {
      const { log } = fixture();
      const [a, b, own] = ['a', 'b', 'own'].map((text) => recordOf(fixture(), text)) as [OpRecord, OpRecord, OpRecord];
      const alias = (record: OpRecord, createdAt: number) => ({
        fingerprint: own.fingerprint,
        record: record.fingerprint,
        fields: {},
        createdAt,
      });
      await log.commit({ records: [a, b], aliases: [alias(a, 1)] });
      await log.commit({ aliases: [alias(b, 2)] });
      expect(await log.record(own.fingerprint)).toStrictEqual(b);
      expect(await log.aliases(a.fingerprint)).toEqual([]);
      await log.commit({ records: [own] });
      expect(await log.record(own.fingerprint)).toStrictEqual(own);
    });

    it('is shared by every place that makes the same call', async () => {
      const { log } = fixture();
      const record = recordOf(fixture(), 'a');
      const [first, second] = await log.commit({
        records: [record],
        entries: [newEntry(record), newEntry(record, { checkpoint: '2' })],
      });
      expect(await log.entries({ record: record.fingerprint })).toStrictEqual([first, second]);
    });
  });
}
