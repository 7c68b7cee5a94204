// What goes with the record of a train that was extended: the end that it kept, and not that of the longer one.
import { join } from 'node:path';
import { type Model, mse, sgd, stepLR } from '@reprise/core';
import { openStore } from '@reprise/store';
import { expect, test } from 'vitest';
import { line, session } from '../support/session.js';

const train = line(40);
const validation = line(16, 2);
const stepsOfAnEpoch = 5;

/** The rate explodes after two epochs: the best epoch is the second, however many there are. */
const script = (epochs: number) => async (model: Model) => {
  await model.checkpoint(1, async (cp) => {
    await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.05 }), epochScheduler: stepLR({ stepSize: 2, gamma: 200 }) });
    await cp.train(train, validation, { epochs, batchSize: 8, loadBest: true });
  });
  return model.report;
};

async function removeSuperseded(folder: string): Promise<readonly number[]> {
  const store = await openStore(join(folder, 'store'));
  const superseded = (await store.log.entries({ kind: 'train' })).find(({ status }) => status === 'superseded');
  await store.log.deleteEntries([superseded!.id]);
  const left = await store.log.snapshots({});
  await store.close();
  return left.map(({ epoch }) => epoch);
}

test('one that ended at its best leaves the end of the longer one, which is extended from there', async () => {
  const { run, counts, folder } = await session();
  await run(script(2));
  await run(script(4));
  expect(await removeSuperseded(folder)).toEqual([4]);
  const { steps } = counts;
  expect(await run(script(6))).toMatchObject({ extended: 1 });
  expect(counts.steps - steps).toBe(2 * stepsOfAnEpoch);
});

test('one that went back to its best takes its end along', async () => {
  const { run, folder } = await session();
  await run(script(3));
  await run(script(5));
  expect(await removeSuperseded(folder)).toEqual([5]);
});
