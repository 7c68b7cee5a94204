// One writer per checkpoint: a second process waits, fails at once or leaves the block out, and computes nothing twice.
import { join } from 'node:path';
import { arrays, type Block, type Data, type Model, mse, openModel, type OpenOptions, sgd } from '@reprise/core';
import { expect, onTestFinished, test } from 'vitest';
import { Posed } from '../../packages/store/test/posed.js';
import { temporaryFolder } from '../support/session.js';
import { toyEngine } from '../support/toy-engine.js';

const samples = {
  input: { data: new Float32Array(24).fill(0.5), shape: [3] },
  target: { data: new Float32Array(8), shape: [1] },
};

/** Data whose batches come when they are let through. */
function gated(): { readonly data: Data; readonly asked: Promise<void>; open(): void } {
  const source = arrays(samples);
  let [open, asked] = [() => {}, () => {}];
  const gate = new Promise<void>((resolve) => (open = resolve));
  const reached = new Promise<void>((resolve) => (asked = resolve));
  const data: Data = {
    length: source.length,
    fingerprint: (context) => source.fingerprint(context),
    get: async (indices, context) => {
      asked();
      await gate;
      return source.get(indices, context);
    },
  };
  return { data, asked: reached, open: () => open() };
}

interface Process {
  readonly model: Model;
  readonly counts: { steps: number; loads: number; evaluations: number };
  readonly printed: string[];
}

const machine = new Posed();

/** A model of a process of its own. */
async function start(folder: string, options: Partial<OpenOptions<{ width: number }>> = {}): Promise<Process> {
  const counts = { loads: 0, steps: 0, evaluations: 0 };
  const printed: string[] = [];
  const store = await machine.open(join(folder, 'store'));
  const host = {
    output: { write: (text: string) => void printed.push(text), isTerminal: false, columns: 80 },
    now: () => Date.now(),
    elapsed: () => performance.now(),
    provenance: {},
    availableThreads: 1,
    writeFile: async () => undefined,
    sleep: () => new Promise<void>((done) => setImmediate(done)),
  };
  const plotter = { metrics: async () => ({ lines: [], svg: '' }) };
  const model = await openModel(
    'busy',
    toyEngine(counts),
    { hparams: { width: 3 }, ...options },
    { store, host, plotter, ownsStore: true },
  );
  onTestFinished(() => model.close());
  return { model, counts, printed };
}

const block =
  (data: Data) =>
  async (cp: Block): Promise<number> => {
    await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
    return (await cp.train(data, { epochs: 2, batchSize: 4 })).epochs;
  };

test('a second process waits until the block has ended, says so, and replays it', async () => {
  const folder = await temporaryFolder();
  const [first, second] = [await start(folder), await start(folder)];
  const gate = gated();
  const training = first.model.checkpoint(1, block(gate.data));
  await gate.asked;
  const waiting = second.model.checkpoint(1, block(gated().data));
  while (second.printed.length === 0) await new Promise((done) => setImmediate(done));
  expect(second.printed.join('')).toMatch(/\[1\] waits for process \d+ on .+, which is writing this checkpoint/);
  gate.open();
  expect(await training).toBe(2);
  expect(await waiting).toBe(2);
  expect(second.counts).toMatchObject({ steps: 0, loads: 0 });
});

test("'error' fails at once, 'skip' leaves the block out and the model where it was; other checkpoints are free", async () => {
  const folder = await temporaryFolder();
  const [first, second] = [await start(folder), await start(folder, { onBusy: 'error' })];
  const gate = gated();
  const training = first.model.checkpoint(1, block(gate.data));
  await gate.asked;
  await expect(second.model.checkpoint(1, block(gated().data))).rejects.toMatchObject({ code: 'CHECKPOINT_BUSY' });
  const skipped = await second.model.checkpoint(1, { onBusy: 'skip' }, block(gated().data));
  expect(skipped).toBeUndefined();
  expect(second.printed.join('')).toMatch(/\[1\] left out: process \d+/);
  expect(await second.model.checkpoint(2, { from: null }, block(arrays(samples)))).toBe(2);
  gate.open();
  await training;
  // It is free again, and recorded.
  const { steps } = second.counts;
  expect(await second.model.checkpoint(1, { onBusy: 'skip', from: null }, block(gated().data))).toBe(2);
  expect(second.counts.steps).toBe(steps);
});

test('a script that only replays needs no lease', async () => {
  const folder = await temporaryFolder();
  const data = arrays(samples);
  const first = await start(folder);
  await first.model.checkpoint(1, block(data));
  const gate = gated();
  const more = first.model.checkpoint(1, { from: null }, async (cp) => {
    await block(data)(cp);
    await cp.train(gate.data, { epochs: 1 });
  });
  await gate.asked;
  const second = await start(folder, { onBusy: 'error' });
  expect(await second.model.checkpoint(1, block(data))).toBe(2);
  gate.open();
  await more;
});

test('while it waits, a signal of its own ends the call', async () => {
  const folder = await temporaryFolder();
  const [first, second] = [await start(folder), await start(folder)];
  const gate = gated();
  const training = first.model.checkpoint(1, block(gate.data));
  await gate.asked;
  const controller = new AbortController();
  const waiting = second.model.checkpoint(1, async (cp) => {
    await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
    await cp.train(gated().data, { epochs: 2, batchSize: 4, signal: controller.signal });
  });
  while (second.printed.length === 0) await new Promise((done) => setImmediate(done));
  controller.abort(new Error('no more patience'));
  await expect(waiting).rejects.toThrow('no more patience');
  gate.open();
  await training;
});

test('a block that was left out is not stood on: what comes next has to say what it stands on', async () => {
  const folder = await temporaryFolder();
  const [first, second] = [await start(folder), await start(folder)];
  const gate = gated();
  const training = first.model.checkpoint(1, block(gate.data));
  await gate.asked;
  await second.model.checkpoint(1, { onBusy: 'skip' }, block(gated().data));
  const data = arrays(samples);
  await expect(second.model.checkpoint(2, block(data))).rejects.toMatchObject({ code: 'CHECKPOINT_BUSY' });
  await expect(second.model.checkpoint(2, { from: 1 }, block(data))).rejects.toMatchObject({ code: 'CHECKPOINT_BUSY' });
  expect(await second.model.checkpoint(3, { from: null }, block(data))).toBe(2);
  gate.open();
  await training;
  expect(await second.model.checkpoint(1, { from: null }, block(gated().data))).toBe(2);
  expect(await second.model.checkpoint(2, { from: 1 }, block(data))).toBe(2);
});
