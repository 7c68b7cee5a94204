// reprise ls, log and tree: what is there, superseded, unfinished and damaged ops included.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mse, sgd } from '@reprise/core';
import { type CheckpointLog, type CheckpointSummary, type ForkTree, type ModelInfo } from '@reprise/core/inspect';
import { openStore } from '@reprise/store';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../../test/support/session.js';
import { callWith, cli, failing, script, train } from './support.js';
import { damageRecords } from './damage.js';

test('ls lists models, and the checkpoints of one', async () => {
  const { session, call, json } = await cli();
  await session.run(script(), { description: 'a toy' });
  await session.run(script(), { id: 'other', seed: 1 });
  const { code, out, err } = await call('ls');
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^MODEL +CHECKPOINTS +OPS +COST +LAST USED +DESCRIPTION\ntoy +2 +4 .*a toy\nother +2 +4 /);
  const { models } = await json<{ models: readonly ModelInfo[] }>('ls');
  expect(models).toMatchObject([{ id: 'toy', checkpoints: 2, ops: 4, hparams: { width: 3 } }, { id: 'other' }]);

  const one = await call('ls', 'toy');
  expect(one.out).toMatch(/^CHECKPOINT +ON +OPS .*\n1 +3 .*val_loss .*first\na b\/c +1 +1 /);
  const { checkpoints } = await json<{ checkpoints: readonly CheckpointSummary[] }>('ls', 'toy');
  expect(checkpoints).toMatchObject([
    { id: '1', parent: null, description: 'first', ops: 3, superseded: 0 },
    { id: 'a b/c', parent: '1', ops: 1 },
  ]);
});

test('a checkpoint was last used when a script last called it, also where that computed nothing', async () => {
  const { session, json, withStore } = await cli();
  await session.run(script());
  await withStore(async ({ log }) => {
    const [run] = await log.runs('toy');
    await log.putRun({ ...run!, id: 0, createdAt: Date.UTC(2100, 0, 1) });
  });
  const { checkpoints } = await json<{ checkpoints: readonly CheckpointSummary[] }>('ls', 'toy');
  expect(checkpoints.map(({ lastUsed }) => String(lastUsed))).toEqual(Array(2).fill('2100-01-01T00:00:00.000Z'));
});

test('a store without models says so', async () => {
  const folder = await temporaryFolder();
  await (await openStore(folder)).close();
  for (const verb of ['ls', 'tree']) {
    const { code, out } = await callWith(['--store', folder, verb], {});
    expect([code, out]).toEqual([0, `The store in ${folder} has no models yet.\n`]);
  }
});

test('log lists calls in their order, those on the handle last', async () => {
  const { session, call, json } = await cli();
  await session.run(script());
  const { checkpoints } = await json<{ checkpoints: readonly CheckpointLog[] }>('log', 'toy');
  expect(checkpoints.map(({ ops }) => ops.map(({ address }) => address))).toEqual([
    ['toy/1/setup#1', 'toy/1/train#1', 'toy/1/handle/evaluate#1'],
    ['toy/a b/c/train#1'],
  ]);
  const { out } = await call('log', 'toy/1');
  expect(out).toMatch(
    /^toy\/1 {2}first\n +OP .*\n +#\d+ +setup #1 .*\n +#\d+ +train #1 +val_loss .*\n +#\d+ +handle: evaluate #1 +loss /,
  );
  expect(out).not.toContain('a b/c');
});

test('superseded ops are listed with --all, and only then', async () => {
  const { session, call, json } = await cli();
  await session.run(script());
  await session.run(script({ lr: 0.2 }), { onDivergence: 'rerun' });
  const numbers = async (...args: readonly string[]): Promise<readonly string[]> => {
    const { checkpoints } = await json<{ checkpoints: readonly CheckpointLog[] }>('log', 'toy/1', ...args);
    return checkpoints.flatMap(({ ops }) => ops.map(({ title, status }) => `${title} ${status}`));
  };
  expect(await numbers()).toEqual(['setup #1 live', 'train #1 live', 'evaluate #1 live']);
  expect((await numbers('--all')).filter((op) => op.endsWith('superseded'))).toHaveLength(3);
  expect((await call('log', 'toy/1', '--all')).out).toContain('superseded');
  expect((await call('log', 'toy/1')).out).not.toContain('superseded');
});

test('a train that was stopped on the way is listed as unfinished', async () => {
  const { session, call, json } = await cli();
  const stopped = session.run((model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd() });
      await cp.train(train, { epochs: 4, batchSize: 8, metrics: [failing(12)] });
    }),
  );
  await expect(stopped).rejects.toThrow('the power is gone');
  const { out } = await call('log', 'toy');
  expect(out).toMatch(/train #1 unfinished: 2 of 4 epochs, after .*; the same call goes on from there/);
  expect((await call('ls', 'toy')).out).toContain('1 unfinished');
  const { checkpoints } = await json<{ checkpoints: readonly CheckpointLog[] }>('log', 'toy');
  expect(checkpoints[0]?.unfinished).toMatchObject([{ title: 'train #1', epoch: 2, epochs: 4 }]);
});

test('a damaged record is listed as damaged, and the others as they are', async () => {
  const { session, folder, call, json } = await cli();
  await session.run(script());
  damageRecords(join(folder, 'log.db'), 'evaluate');
  // Nor is there a blob that it could come back from.
  await rm(join(folder, 'blobs'), { recursive: true });
  const { code, out } = await call('log', 'toy/1');
  expect(code).toBe(0);
  expect(out).toMatch(/handle: evaluate #1 .*damaged/);
  expect(out).toMatch(/train #1 +val_loss/);
  const { models } = await json<{ models: readonly ModelInfo[] }>('ls');
  expect(models).toMatchObject([{ damaged: 1 }]);
  const shown = await call('show', 'toy/1/handle/evaluate#1');
  expect([shown.code, shown.out]).toEqual([0, expect.stringContaining('Its record is damaged')]);
  expect((await call('explain', 'toy/1/handle/evaluate#1')).out).toContain('Its record is damaged');
});

test('tree draws what stands on what, with --all the superseded branches too', async () => {
  const { session, call, json } = await cli();
  await session.run(script());
  const { out } = await call('tree');
  expect(out).toMatch(/^toy\n└─ 1 {2}#\d+ train #1 .*first\n {3}└─ a b\/c {2}#\d+ train #1 /);
  await session.run(script({ lr: 0.2 }), { onDivergence: 'rerun' });
  const live = (await json<{ models: readonly ForkTree[] }>('tree', 'toy')).models[0]!;
  expect(live.branches.map(({ checkpoint, status, children }) => [checkpoint, status, children.length])).toEqual([
    ['1', 'live', 1],
  ]);
  const all = (await json<{ models: readonly ForkTree[] }>('tree', 'toy', '--all')).models[0]!;
  expect(all.branches.map(({ status, children }) => [status, children.map((child) => child.status)])).toEqual([
    ['superseded', ['superseded']],
    ['live', ['live']],
  ]);
  expect((await call('tree', '-a')).out).toContain('1 superseded');
});

test('a fork from before the end of a checkpoint says from where', async () => {
  const { session, call } = await cli();
  const two = (more: boolean) =>
    session.run(async (model) => {
      await model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd() });
        await cp.train(train, { epochs: 1, batchSize: 8 });
        if (more) await cp.train(train, { epochs: 1, batchSize: 8 });
      });
      if (!more) await model.checkpoint(2, (cp) => cp.train(train, { epochs: 3, batchSize: 8 }));
    });
  await two(false);
  await two(true);
  expect((await call('tree')).out).toMatch(/└─ 2 .*from #\d+ train #1/);
});
