// reprise tag and rm: names that keep states, and what goes.
import { type OpDetails, type Removal, removeSubject, resolveSubject, type TagInfo } from '@reprise/core/inspect';
import type { Leases } from '@reprise/core';
import { openStore } from '@reprise/store';
import { describe, expect, test } from 'vitest';
import { cli, script, train } from './support.js';

/** Another process is writing there. */
const elsewhere = (checkpoint: string): Leases => ({
  heldOf: async (model) => [{ model, checkpoint, lane: 'block', host: 'trainer', pid: 4711, since: 0 }],
  holder: async () => undefined,
  take: () => Promise.reject(new Error('nobody takes it')),
});

test('rm refuses where another process is writing', async () => {
  const { session, folder } = await cli();
  await session.run(script());
  const store = await openStore(folder);
  const removing = async (name: string, leases: Leases): Promise<unknown> => {
    const subject = await resolveSubject(store.log, name, { kinds: ['model', 'checkpoint', 'op'] });
    return removeSubject(store.log, subject, { leases, recursive: true });
  };
  for (const name of ['toy', 'toy/1', 'toy/1/train#1']) {
    const error = await removing(name, elsewhere('1')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CHECKPOINT_BUSY' });
    expect(String(error)).toContain('Nothing was removed: toy/1 is being written by process 4711 on trainer');
  }
  // Its first call is under way: nothing of it is listed yet.
  await expect(removing('toy', elsewhere('new'))).rejects.toMatchObject({ code: 'CHECKPOINT_BUSY' });
  expect((await store.log.entries({ model: 'toy', kind: 'train' })).length).toBeGreaterThan(0);
  await removing('toy/1', elsewhere('new'));
  await store.close();
});

describe('tag', () => {
  test('names the state of a checkpoint, and lists the names', async () => {
    const { session, call, json } = await cli();
    await session.run(script());
    expect((await call('tag')).out).toContain('No names yet.');
    const { code, out } = await call('tag', 'toy/1', 'the baseline');
    expect(code).toBe(0);
    expect(out).toMatch(/^'the baseline' names #\d+ toy\/1\/train#1, state [0-9a-f]{8}\./);
    expect((await call('tag', 'toy')).out).toMatch(/the baseline +toy +[0-9a-f]{8} /);
    expect((await call('log', 'toy/1')).out).toContain('tag the baseline');
    expect((await call('tree')).out).toContain('tag the baseline');
    const { tags } = await json<{ tags: readonly TagInfo[] }>('tag');
    expect(tags).toMatchObject([{ model: 'toy', name: 'the baseline', ops: [{ address: 'toy/1/train#1' }] }]);
  });

  test('keeps a superseded state, and a script goes on from it', async () => {
    const { session, call, json } = await cli();
    await session.run(script());
    const before = await json<OpDetails>('show', 'toy/1/train#1');
    await session.run(script({ lr: 0.2 }), { onDivergence: 'rerun' });
    const tagged = await call('tag', String(before.op.number), 'before');
    expect(tagged.out).toContain('(superseded)');
    await call('rm', String(before.op.number));
    expect((await call('tag')).out).toContain('a state whose op was removed');
    await session.run((model) =>
      model.checkpoint('again', { from: { tag: 'before' } }, (cp) => cp.train(train, { epochs: 1, batchSize: 4 })),
    );
    const again = await json<OpDetails>('show', 'toy/again/train#1');
    expect(again.op.stateBefore).toBe(before.op.stateAfter);
  });

  test('moves a name only when told to, and takes it away', async () => {
    const { session, call } = await cli();
    await session.run(script());
    await call('tag', 'toy/1', 'x');
    const taken = await call('tag', 'toy/a b/c', 'x');
    expect([taken.code, taken.err]).toEqual([
      1,
      expect.stringMatching(/The name 'x' stands for #\d+ toy\/1\/train#1\./),
    ]);
    expect((await call('tag', 'toy/1', 'x')).code).toBe(0);
    expect((await call('tag', 'toy/a b/c', 'x', '--move')).code).toBe(0);
    expect((await call('tag', '--delete', 'toy', 'x')).code).toBe(0);
    const gone = await call('tag', '--delete', 'toy', 'x');
    expect([gone.code, gone.err]).toEqual([1, expect.stringContaining("Model 'toy' has no tag 'x'. It has none.")]);
  });

  test('is refused for what has no state, and for what is no name', async () => {
    const { session, call } = await cli();
    await session.run(script());
    expect((await call('tag', 'toy/1/handle/evaluate#1', 'x')).err).toContain(
      'changes no state, so there is none to name',
    );
    expect((await call('tag', 'toy/1', '')).code).toBe(1);
    expect((await call('tag', 'toy', 'x')).err).toContain('what is needed here is a checkpoint or op');
    expect((await call('tag', '--delete', 'toy')).code).toBe(2);
  });
});

describe('rm', () => {
  test('removes a checkpoint; what stands on it stays whole, and the disk space of the rest is freed', async () => {
    const { session, call, json } = await cli();
    await session.run(script());
    const dry = await json<Removal>('rm', 'toy/1', '--dry-run');
    expect(dry).toMatchObject({ removed: false, checkpoints: ['toy/1'], left: [{ address: 'toy/a b/c/train#1' }] });
    expect((await call('ls', 'toy')).out).toContain('first');
    const { code, out } = await call('rm', 'toy/1');
    expect(code).toBe(0);
    expect(out).toMatch(/^Removed the checkpoint toy\/1: 3 ops/);
    expect(out).toMatch(/\nFreed [\d.]+ k?B in \d+ files? that nothing needs any more\.\n$/);
    expect((await call('ls', 'toy')).out).not.toContain('first');
    expect((await call('tree')).out).toContain('what it stood on was removed');
  });

  test('refuses an op that live ops stand on, unless they go too', async () => {
    const { session, call, json } = await cli();
    await session.run(script());
    const refused = await call('rm', 'toy/1/train#1');
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toMatch(/live ops stand on it, and would have to go as well:\n +#\d+ +toy\/a b\/c\/train#1\n/);
    const removal = await json<Removal>('rm', 'toy/1/train#1', '--recursive');
    expect(removal.ops.map(({ address }) => address).toSorted()).toEqual([
      'toy/1/handle/evaluate#1',
      'toy/1/train#1',
      'toy/a b/c/train#1',
    ]);
    expect(removal.checkpoints).toEqual(['toy/a b/c']);
    expect((await json<{ checkpoints: readonly unknown[] }>('ls', 'toy')).checkpoints).toMatchObject([
      { id: '1', ops: 1 },
    ]);
  });

  test('says which records stay, because something else names them', async () => {
    const { session, call, json } = await cli();
    await session.run(script());
    await call('tag', 'toy/a b/c', 'kept');
    const removal = await json<Removal>('rm', 'toy/a b/c');
    expect(removal.shared).toMatchObject([{ address: 'toy/a b/c/train#1' }]);
    const steps = session.counts.steps;
    await session.run(script());
    expect(session.counts.steps).toBe(steps);
  });

  test('removes a model with its names', async () => {
    const { session, call } = await cli();
    await session.run(script());
    await call('tag', 'toy/1', 'x');
    const { out } = await call('rm', 'toy');
    expect(out).toMatch(/^Removed the model toy: 2 checkpoints, 5 ops, 1 tag \(x\)/);
    expect((await call('ls')).out).toContain('no models yet');
  });

  test('what was removed by mistake is computed again by the script', async () => {
    const { session, call } = await cli();
    await session.run(script());
    await call('rm', 'toy/a b/c');
    const steps = session.counts.steps;
    await session.run(script());
    expect(session.counts.steps).toBe(steps + 5);
  });
});
