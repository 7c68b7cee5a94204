// reprise show and diff: everything of an op, a checkpoint or a model, and what differs between two.
import { mse, sgd } from '@reprise/core';
import { type CheckpointDiff, type OpDetails, type OpDiff } from '@reprise/core/inspect';
import { describe, expect, test } from 'vitest';
import { cli, script, train, val } from './support.js';

describe('show', () => {
  test('an op: what decided it, what it came to, its state, what it printed', async () => {
    const { session, call, json } = await cli();
    await session.run(script());
    const { code, out } = await call('show', 'toy/1/train#1');
    expect(code).toBe(0);
    expect(out).toMatch(/^toy\/1\/train#1 {2}#\d+\n/);
    for (const part of ['Decided by\n', 'Observed\n', 'Computed with\n', 'Printed\n']) expect(out).toContain(part);
    expect(out).toMatch(/epochs +2\n/);
    expect(out).toMatch(/state after +[0-9a-f]{8}, 24 B in 2 tensors, epoch 2, step 10\n +mse, sgd\n/);
    const details = await json<OpDetails>('show', 'toy/1/train#1');
    expect(details).toMatchObject({ fields: { epochs: 2, batchSize: 8 }, result: { epochs: 2, stopped: 'epochs' } });
    expect(details.state?.digest).toMatch(/^blake3-[0-9a-f]{64}$/);
    expect(details.parent?.address).toBe('toy/1/setup#1');
  });

  test('what a result holds that JSON has no form for becomes what is nearest', async () => {
    const { session, json } = await cli();
    await session.run(async (model) => {
      await script()(model);
      await model.checkpoint(1).cached('odd', {}, () => ({
        nan: NaN,
        less: -Infinity,
        floats: Float32Array.of(1.5, NaN),
        longs: BigInt64Array.of(1n, 2n ** 60n),
        named: new Map([['a', new Set([1, 2])]]),
        pairs: new Map([[1, new Date(0)]]),
        missing: undefined,
      }));
    });
    const { result } = await json<OpDetails>('show', 'toy/1/handle/cached:odd#1');
    expect(result).toEqual({
      nan: 'NaN',
      less: '-Infinity',
      floats: [1.5, 'NaN'],
      longs: [1, '1152921504606846976'],
      named: { a: [1, 2] },
      pairs: [[1, '1970-01-01T00:00:00.000Z']],
    });
  });

  test('an op that stands elsewhere too, that answers to another call, and that a name keeps', async () => {
    const { session, call } = await cli();
    await session.run(script());
    await session.run((model) =>
      model.checkpoint('copy', async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
        await cp.train(train, val, { epochs: 2, batchSize: 8, watch: 'loss' });
      }),
    );
    await session.run(script({ epochs: 1 }), { onDivergence: 'accept' });
    await call('tag', 'toy/1', 'kept');
    const { out } = await call('show', 'toy/1/train#1');
    expect(out).toMatch(/also at +#\d+ toy\/copy\/train#1\n/);
    expect(out).toMatch(/tags +kept\n/);
    expect((await call('show', 'toy/copy/train#1')).out).toMatch(/recorded +.*, adopted from #\d+ toy\/1\/train#1\n/);
  });

  test('a checkpoint, and a model with what its last run said', async () => {
    const { session, call, json } = await cli();
    await session.run(script(), { description: 'a toy' });
    const checkpoint = (await call('show', 'toy/a b/c')).out;
    expect(checkpoint).toMatch(/^toy\/a b\/c\n/);
    expect(checkpoint).toMatch(/stands on +checkpoint 1\n/);
    expect(checkpoint).toContain('train #1');
    const model = (await call('show', 'toy')).out;
    expect(model).toMatch(/last run +reprise: toy: 3 run;/);
    expect(await json('show', 'toy')).toMatchObject({
      model: { id: 'toy', hparams: { width: 3 }, description: 'a toy' },
      checkpoints: [{ id: '1' }, { id: 'a b/c' }],
    });
  });
});

describe('diff', () => {
  test('of an op and the one that took its place: where their pasts part, and both results', async () => {
    const { session, call, json } = await cli();
    await session.run(script());
    const old = await json<OpDetails>('show', 'toy/1/train#1');
    await session.run(script({ lr: 0.2 }), { onDivergence: 'rerun' });
    const number = String(old.op.number);
    const { code, out } = await call('diff', number, 'toy/1/train#1');
    expect(code).toBe(0);
    expect(out).toMatch(
      /Their pasts part at\n +a +#\d+ toy\/1\/setup#1\n +b +#\d+ toy\/1\/setup#1\n +optimizer.lr 0.1 → 0.2\n/,
    );
    expect(out).toMatch(/RESULT +A +B\ntrain_loss +/);
    const difference = await json<OpDiff>('diff', number, 'toy/1/train#1');
    expect(difference).toMatchObject({
      same: false,
      sameState: false,
      fields: [],
      parting: { fields: [{ path: 'optimizer.lr' }] },
    });
    expect(difference.scores.map(({ name }) => name)).toEqual(['train_loss', 'val_loss', 'lr']);
  });

  test('of two calls with other arguments: which', async () => {
    const { session, call } = await cli();
    await session.run(script());
    const { out } = await call('diff', 'toy/1/train#1', 'toy/a b/c/train#1');
    expect(out).toContain('What decides, and differs (a → b)\n');
    expect(out).toContain('epochs 2 → 1\n');
    expect(out).toMatch(/All that led to a led to b too, which went on with #\d+ toy\/1\/train#1\./);
  });

  test('of two checkpoints: the first op that differs, then call by call', async () => {
    const { session, call, json } = await cli();
    await session.run(async (model) => {
      for (const [id, lr] of [
        ['low', 0.01],
        ['high', 0.1],
      ] as const) {
        await model.checkpoint(id, { from: null }, async (cp) => {
          await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
          await cp.train(train, { epochs: 1, batchSize: 8 });
          if (id === 'high') await cp.evaluate(val);
        });
      }
    });
    const { code, out } = await call('diff', 'toy/low', 'toy/high');
    expect(code).toBe(0);
    expect(out).toMatch(/Their pasts part at\n +a .*setup#1\n +b .*setup#1\n +optimizer.lr 0.01 → 0.1\n/);
    expect(out).toMatch(/train #1 .*the same arguments, on another state\n/);
    expect(out).toMatch(/evaluate #1 .*only in b\n/);
    const { ops, sameState } = await json<CheckpointDiff>('diff', 'toy/low', 'toy/high');
    expect(ops.map(({ title, how }) => `${title} ${how}`)).toEqual([
      'setup #1 fields',
      'train #1 state',
      'evaluate #1 only',
    ]);
    expect(sameState).toBe(false);
    expect(await json('diff', 'toy/low', 'toy/low')).toMatchObject({ sameState: true, parting: null });
  });

  test('of an op and a checkpoint is refused', async () => {
    const { session, call } = await cli();
    await session.run(script());
    const { code, err } = await call('diff', 'toy/1', 'toy/1/train#1');
    expect(code).toBe(2);
    expect(err).toContain('Usage: reprise diff <a> <b>');
  });
});
