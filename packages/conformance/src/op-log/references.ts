import type { Commit, Digest, StateDigest } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { failure } from '../failure.js';
import type { Fixture } from '../fixture.js';
import { addOp, digestOf, fingerprintOf, newEntry, place, putText, recordOf } from './fixture.js';
import type { OpLogFixture } from './fixture.js';

export function referencesSpec(fixture: Fixture<OpLogFixture>): void {
  describe('references', () => {
    const cases: readonly { readonly name: string; readonly commit: (f: OpLogFixture) => Promise<Commit> }[] = [
      {
        name: 'a state whose manifest is not stored',
        commit: async (f) => ({ states: [{ digest: digestOf(f, 'manifest') as StateDigest, blobs: [] }] }),
      },
      {
        name: 'a state that names a blob that is not stored',
        commit: async (f) => ({
          states: [{ digest: await manifest(f), blobs: [await putText(f, 'there'), digestOf(f, 'tensor')] }],
        }),
      },
      {
        name: 'a record that names a state after that is not recorded',
        commit: async (f) => ({ records: [recordOf(f, 'r', { stateAfter: await manifest(f) })] }),
      },
      {
        name: 'a record that names a state before that is not recorded',
        commit: async (f) => ({ records: [recordOf(f, 'r', { stateBefore: await manifest(f) })] }),
      },
      {
        name: 'an alias of a record that is not there',
        commit: async (f) => ({
          aliases: [
            { fingerprint: fingerprintOf(f, 'new'), record: fingerprintOf(f, 'none'), fields: {}, createdAt: 1 },
          ],
        }),
      },
      {
        name: 'an entry of a record that is not there',
        commit: async (f) => ({ entries: [newEntry(fingerprintOf(f, 'none'))] }),
      },
      { name: 'an entry on a parent that is not there', commit: async (f) => withParent(f, 12345) },
      { name: 'an entry on itself', commit: async (f) => withParent(f, { added: 0 }) },
      { name: 'an entry on a later one of the commit', commit: async (f) => withParent(f, { added: 1 }) },
    ];

    it.each(cases)('refuses $name, and adds nothing of the commit', async ({ commit }) => {
      const f = fixture();
      const before = await addOp(f, 'before');
      const good = recordOf(f, 'good');
      const bad = await commit(f);
      await failure(
        f.log.commit({
          ...bad,
          states: [{ digest: await manifest(f, 'good'), blobs: [] }, ...(bad.states ?? [])],
          records: [good, ...(bad.records ?? [])],
          supersede: [before.id, ...(bad.supersede ?? [])],
          entries: [newEntry(good, { checkpoint: '9' }), ...(bad.entries ?? []).map((entry) => shifted(entry))],
        }),
        'DANGLING_REFERENCE',
      );
      expect(await f.log.record(good.fingerprint)).toBeUndefined();
      expect(await f.log.entries({})).toStrictEqual([before]);
      const usesState = f.log.commit({ records: [recordOf(f, 'uses', { stateAfter: await manifest(f, 'good') })] });
      await failure(usesState, 'DANGLING_REFERENCE');
    });

    it('refuses a state that names a blob that was deleted', async () => {
      const f = fixture();
      const blob = await putText(f, 'tensor');
      await f.blobs.delete(blob);
      await failure(f.log.commit({ states: [{ digest: await manifest(f), blobs: [blob] }] }), 'DANGLING_REFERENCE');
    });

    it('takes a state that names one blob several times', async () => {
      const f = fixture();
      const [digest, blob] = [await manifest(f), await putText(f, 'tensor')];
      const state = { digest, blobs: [blob, blob, digest as Digest] };
      await f.log.commit({ states: [state, state] });
      await f.log.commit({ states: [state], records: [recordOf(f, 'r', { stateAfter: digest })] });
    });

    it('refuses to move an entry onto a parent that is not there, or one that is not there itself', async () => {
      const f = fixture();
      const entry = await addOp(f, 'a');
      await failure(f.log.move(entry.id, { position: 1, parent: 12345 }), 'DANGLING_REFERENCE');
      await failure(f.log.move(12345, { position: 1, parent: null }), 'DANGLING_REFERENCE');
      expect(await f.log.at(place)).toStrictEqual(entry);
    });
  });
}

async function manifest(f: OpLogFixture, text = 'manifest'): Promise<StateDigest> {
  return (await putText(f, text)) as StateDigest;
}

function withParent(f: OpLogFixture, parent: number | { readonly added: number }): Commit {
  const [a, b] = [recordOf(f, 'a'), recordOf(f, 'b')];
  return { records: [a, b], entries: [newEntry(a, { checkpoint: '3', parent }), newEntry(b, { checkpoint: '4' })] };
}

/** One good entry goes before: indices among the commit's own move on. */
function shifted<T extends { readonly parent: number | { readonly added: number } | null }>(entry: T): T {
  const { parent } = entry;
  return parent === null || typeof parent === 'number' ? entry : { ...entry, parent: { added: parent.added + 1 } };
}
