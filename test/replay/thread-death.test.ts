// The thread that stores a snapshot ends, or the store is closed: whoever waits is told, nobody else, and the next run goes on.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { adam, arrays, type Data, mse } from '@reprise/core';
import { nn, onnx } from '@reprise/onnx';
import { openStore } from '@reprise/store';
import { Model } from 'reprise';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Held } from '../../packages/core/src/state/held.js';
import { temporaryFolder } from '../support/session.js';

const post = Worker.prototype.postMessage;
const unhandled: unknown[] = [];
const note = (error: unknown): void => void unhandled.push(error);
let listeners: NodeJS.UnhandledRejectionListener[] = [];

beforeEach(() => {
  unhandled.length = 0;
  listeners = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
});

afterEach(() => {
  Worker.prototype.postMessage = post;
  process.removeAllListeners('unhandledRejection');
  for (const listener of listeners) process.on('unhandledRejection', listener);
});

/** Ends the thread over its n-th order to write. */
function endAtWrite(n: number): void {
  let writes = 0;
  Worker.prototype.postMessage = function (this: Worker, value: { parts?: { to?: unknown }[][] }, list: unknown) {
    post.call(this, value, list as ArrayBuffer[]);
    const isWrite = value.parts?.flat().some(({ to }) => to !== undefined) === true;
    if (isWrite && ++writes === n) void this.terminate();
  };
}

const tensor = (data: Float32Array) => ({ dtype: 'float32', shape: [data.length], data }) as const;
const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 50));

test('a thread that ends is told to who waits for the memory', async () => {
  const store = await openStore(join(await temporaryFolder(), 'store'));
  const held = new Held({ net: new Map([['w', tensor(new Float32Array(100_000))]]), optimizer: null });
  await held.digests(store.hasher, new Set());
  endAtWrite(1);
  await expect(held.store(store.blobs, new Set())).rejects.toMatchObject({ code: 'STORE_IO' });
  await turn();
  expect(unhandled).toEqual([]);
  await store.close();
});

test('a store that was closed keeps no memory', async () => {
  const store = await openStore(join(await temporaryFolder(), 'store'));
  const held = new Held({ net: new Map([['w', tensor(new Float32Array(100_000).fill(3))]]), optimizer: null });
  await held.digests(store.hasher, new Set());
  await store.close();
  await expect(held.store(store.blobs, new Set())).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  expect((await held.engine()).net.get('w')?.data[0]).toBe(3);
  await turn();
  expect(unhandled).toEqual([]);
});

test('memory that two tensors share stays', async () => {
  const store = await openStore(join(await temporaryFolder(), 'store'));
  const memory = new ArrayBuffer(400_000);
  const net = new Map(['a', 'b'].map((name) => [name, tensor(new Float32Array(memory))]));
  const held = new Held({ net, optimizer: null });
  expect((await held.digests(store.hasher, new Set())).size).toBe(0);
  expect(memory.byteLength).toBe(400_000);
  await store.close();
});

test('a train whose thread ends fails in good order, and is gone on with', { timeout: 60_000 }, async () => {
  const width = 300;
  const input = Float32Array.from({ length: 64 * width }, (_, i) => Math.sin(i * 0.37));
  const samples = { data: input, shape: [width] };
  const data: Data = arrays({ input: samples, target: samples });
  const net = onnx(() => nn.sequential({ a: nn.linear(width, width), act: nn.relu(), b: nn.linear(width, width) }));
  const run = async (folder: string): Promise<string> => {
    const model = await Model.open('m', net, { store: folder, threads: 1 });
    try {
      await model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: adam({ lr: 1e-3 }) });
        await cp.train(data, { epochs: 4, batchSize: 8, progress: 'silent', snapshots: { every: { steps: 2 } } });
      });
      return await model.checkpoint(1).stateDigest();
    } finally {
      await model.close();
    }
  };
  const whole = await run(join(await temporaryFolder(), 'store'));
  const folder = join(await temporaryFolder(), 'store');
  endAtWrite(3);
  await expect(run(folder)).rejects.toMatchObject({ code: 'STORE_IO' });
  Worker.prototype.postMessage = post;
  expect(await run(folder)).toBe(whole);
  expect(unhandled).toEqual([]);
});
