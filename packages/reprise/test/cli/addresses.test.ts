// How ops, checkpoints and models are named, whatever their ids hold.
import { type Model, mse, sgd } from '@reprise/core';
import { resolveOp, resolveSubject } from '@reprise/core/inspect';
import { describe, expect, test } from 'vitest';
import { cli, script, train } from './support.js';

const once =
  (...ids: readonly string[]) =>
  async (model: Model): Promise<void> => {
    for (const id of ids) {
      await model.checkpoint(id, { from: null }, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd() });
        await cp.train(train, { epochs: 1, batchSize: 8 });
      });
    }
  };

describe('an address', () => {
  test('may hold slashes, spaces and #', async () => {
    const { session, call } = await cli();
    await session.run(once('lr=1/2', 'train#1', 'x/train#1'), { id: 'my nets/a#1' });
    for (const id of ['lr=1/2', 'train#1', 'x/train#1']) {
      const { code, out } = await call('show', `my nets/a#1/${id}/train#1`);
      expect([code, out]).toEqual([0, expect.stringContaining(`my nets/a#1/${id}/train#1`)]);
    }
  });

  test('that could be two things is refused, with a way to name each', async () => {
    const { session, call } = await cli();
    await session.run(once('b/c'), { id: 'a' });
    await session.run(once('c'), { id: 'a/b' });
    const { code, err } = await call('show', 'a/b/c');
    expect(code).toBe(1);
    expect(err).toContain("'a/b/c' names more than one thing.");
    for (const [address, id] of [
      ['a/b%2Fc/', 'b/c'],
      ['a%2Fb/c/', 'c'],
    ] as const) {
      expect(err).toContain(`'${address}'  checkpoint '${id}'`);
      expect((await call('show', address)).code).toBe(0);
    }
  });

  test('that is a number is an op; a model of that name has a slash behind it', async () => {
    const { session, call } = await cli();
    await session.run(once('1'), { id: '2' });
    const { code, err } = await call('show', '2');
    expect([code, err]).toEqual([1, expect.stringContaining("'#2'  the live op 2/1/setup#1\n  '2/'  the model '2'")]);
    expect((await call('show', '#2')).out).toContain('2/1/setup#1');
    expect((await call('show', '2/')).out).toContain('1');
    expect((await call('ls', '2')).code).toBe(0);
  });

  test('that names nothing is refused with the nearest one, or with what there is', async () => {
    const { session, call } = await cli();
    await session.run(script());
    expect((await call('log', 'toi')).err).toContain("The store has no model or checkpoint 'toi'. Did you mean 'toy'?");
    expect((await call('explain', 'toy/1/trian#1')).err).toContain("Did you mean 'toy/1/train#1'?");
    expect((await call('ls', 'resnet')).err).toContain("The store has no model 'resnet'. It has 'toy'.");
    const { code, err } = await call('show', '99');
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('no model, checkpoint or op 99. It may have been removed.'),
    ]);
  });

  test('of a place where an op was superseded names the live one', async () => {
    const { session, json } = await cli();
    await session.run(script());
    await session.run(script({ lr: 0.2 }), { onDivergence: 'rerun' });
    expect(await json('show', 'toy/1/train#1')).toMatchObject({ op: { status: 'live' } });
  });

  test('of a place where only superseded ops are names the one, or asks for its number', async () => {
    const { session, call, withStore } = await cli();
    await session.run(script());
    for (const lr of [0.2, 0.3]) await session.run(script({ lr }), { onDivergence: 'rerun' });
    const live = await withStore((store) => resolveOp(store.log, 'toy/1/train#1'));
    await call('rm', String(live.id), '--recursive');
    const { code, err } = await call('show', 'toy/1/train#1');
    expect(code).toBe(1);
    expect(err.match(/the superseded op toy\/1\/train#1/g)).toHaveLength(2);
  });

  test('may leave out the model where one is given', async () => {
    const { session, withStore } = await cli();
    await session.run(script());
    await session.run(once('1'), { id: 'other' });
    await withStore(async ({ log }) => {
      const whole = await resolveOp(log, 'toy/a b/c/train#1');
      expect(await resolveOp(log, 'a b/c/train#1', 'toy')).toEqual(whole);
      expect(await resolveOp(log, 'toy/a b/c/train#1', 'toy')).toEqual(whole);
      await expect(resolveOp(log, String(whole.id), 'other')).rejects.toThrow('The store has no op');
      const options = { kinds: ['checkpoint'], within: 'toy' } as const;
      expect(await resolveSubject(log, '1', options)).toMatchObject({ checkpoint: { model: 'toy', id: '1' } });
    });
  });
});
