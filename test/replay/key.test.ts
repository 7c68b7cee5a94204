// A key matches a call wherever it moves.
import { type Block, type Model, mse, sgd } from '@reprise/core';
import { expect, test } from 'vitest';
import { line, session } from '../support/session.js';

const train = line(40);
const val = line(16, 2);

const block = (body: (cp: Block) => Promise<unknown>) => async (model: Model) => {
  await model.checkpoint(1, async (cp) => {
    await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
    await body(cp);
  });
  return model.report;
};

const pretrain = (cp: Block) => cp.train(train, { epochs: 1, batchSize: 8, key: 'pretrain' });
const finetune = (cp: Block) => cp.train(val, { epochs: 1, batchSize: 8, key: 'finetune' });

test('a call with a key is found where it is, when calls are put before it', async () => {
  const { run, counts, printed } = await session();
  const scored = (score: boolean) => async (cp: Block) => {
    if (score) await cp.evaluate(train, { key: 'first' });
    await pretrain(cp);
    await cp.evaluate(val, { key: 'last' });
    await finetune(cp);
  };
  await run(block(scored(false)));
  const { steps } = counts;
  expect(await run(block(scored(true)))).toMatchObject({ hit: 3, run: 1, adopted: 0 });
  expect(counts.steps).toBe(steps);
  expect(printed.join('')).not.toContain('no longer called');
});

test('a train put before a keyed one does not stand at its place', async () => {
  const { run } = await session();
  await run(block(finetune));
  // The state before it has changed, so it differs; but the new call is just new.
  const error = run(block(async (cp) => void (await pretrain(cp), await finetune(cp))));
  await expect(error).rejects.toMatchObject({ details: { op: "train 'finetune' #1", fields: [] } });
});

test('giving a recorded call a key computes nothing, and leaves nothing behind', async () => {
  const { run, counts, printed } = await session();
  await run(block((cp) => cp.train(train, { epochs: 1, batchSize: 8 })));
  const { steps } = counts;
  expect(await run(block(pretrain))).toMatchObject({ adopted: 1, run: 0 });
  expect(counts.steps).toBe(steps);
  expect(printed.join('')).not.toContain('no longer called');
  expect(await run(block(pretrain))).toMatchObject({ hit: 1, adopted: 0 });
});

test('a key belongs to one call of its kind in a block; the second is refused by name', async () => {
  const { run } = await session();
  const twice = block(async (cp) => void (await pretrain(cp), await pretrain(cp)));
  await expect(run(twice)).rejects.toThrow(
    /train\(\): key must be another one: an earlier train of this block has it, and got "pretrain"/,
  );
});

test.each([[''], [3], ['a\0b']])('a key that is no name is refused: %j', async (key) => {
  const { run } = await session();
  const wrong = block((cp) => cp.evaluate(val, { key: key as string }));
  await expect(run(wrong)).rejects.toMatchObject({ code: 'INVALID_OPTION', option: 'key' });
});
