// A state of some size is stored while training goes on: its memory goes to another thread and comes back. No bit may change for that.
import { join } from 'node:path';
import { adam, arrays, type Data, mse, type TrainCallOptions } from '@reprise/core';
import { nn, onnx } from '@reprise/onnx';
import { openStore } from '@reprise/store';
import { Model } from 'reprise';
import { expect, test } from 'vitest';
import { abortedAfterTurns } from '../support/aborts.js';
import { temporaryFolder } from '../support/session.js';

const width = 300;
const input = Float32Array.from({ length: 64 * width }, (_, i) => Math.sin(i * 0.37));
const data = (count: number): Data =>
  arrays({
    input: { data: input.slice(0, count * width), shape: [width] },
    target: { data: input.slice(0, count * width).map((x) => 0.5 * x), shape: [width] },
  });
const [train, val] = [data(64), data(16)];
const net = onnx(() =>
  nn.sequential({
    frozen: nn.linear(width, width),
    norm: nn.batchNorm(width),
    act: nn.relu(),
    drop: nn.dropout(0.2),
    hidden: nn.linear(width, width),
    head: nn.linear(width, width),
  }),
);

const options = { epochs: 3, batchSize: 8, progress: 'silent', loadBest: true, freeze: ['frozen.*'] } as const;

async function run(store: string, more: Partial<TrainCallOptions<readonly []>> = {}) {
  const model = await Model.open('overlap', net, { store, threads: 1 });
  try {
    const result = await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: adam({ lr: 1e-3 }) });
      return cp.train(train, val, { ...options, ...more });
    });
    const history = result.history.map((epoch) => ({ ...epoch, time: 0 }));
    return { history, best: result.best, digest: await model.checkpoint(1).stateDigest() };
  } finally {
    await model.close();
  }
}

const folder = async (): Promise<string> => join(await temporaryFolder(), 'store');

test('with a snapshot after each step, and at any other pace, the end is the same', { timeout: 60_000 }, async () => {
  const expected = await run(await folder());
  for (const every of [{ steps: 1 }, { steps: 3 }, { steps: 8 }, { seconds: 0.001 }, { epochs: 1 }]) {
    expect(await run(await folder(), { snapshots: { every, keep: { last: 2 } } })).toEqual(expected);
  }
});

test('what was stored beside training is what training goes on from', { timeout: 60_000 }, async () => {
  const expected = await run(await folder());
  for (const stop of [50, 90, 140, 230]) {
    const store = await folder();
    const stopped = run(store, { signal: abortedAfterTurns(stop), snapshots: { every: { steps: 2 } } });
    await expect(stopped).rejects.toThrow('stopped by the test');
    expect(await run(store)).toEqual(expected);
  }
});

test('a write that fails fails the train, and what was stored before it is gone on with', async () => {
  const store = await folder();
  const opened = await openStore(store);
  let writes = 0;
  const blobs = new Proxy(opened.blobs, {
    get: (target, name) => {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'function') return value;
      if (name !== 'put') return value.bind(target) as unknown;
      return (bytes: Uint8Array, known?: never) =>
        bytes.byteLength > 100_000 && ++writes > 30 ? Promise.reject(new Error('no space')) : target.put(bytes, known);
    },
  });
  const model = await Model.open('overlap', net, { store: { ...opened, blobs }, threads: 1 });
  const training = model.checkpoint(1, async (cp) => {
    await cp.setup({ loss: mse(), optimizer: adam({ lr: 1e-3 }) });
    return cp.train(train, val, { ...options, snapshots: { every: { steps: 2 } } });
  });
  await expect(training).rejects.toThrow('no space');
  await model.close();
  const [snapshot] = await opened.log.snapshots({});
  expect(snapshot).toMatchObject({ running: true });
  await opened.close();
  expect(await run(store)).toEqual(await run(await folder()));
});
