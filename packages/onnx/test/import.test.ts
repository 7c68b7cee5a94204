import { mse, sgd } from '@reprise/core';
import { nn, onnx, onnxModel } from '@reprise/onnx';
import { Buffer } from 'node:buffer';
import { expect, it } from 'vitest';
import { batchOf, distance, float32, numbers, values } from './support.js';

it('a net that was exported can be imported, and trains as the one it came from', async () => {
  const net = nn.sequential({
    conv: nn.conv2d(1, 3, 3),
    norm: nn.batchNorm(3),
    act: nn.relu(),
    flat: nn.flatten(),
    head: nn.linear(27, 2),
  });
  const engine = onnx(() => net);
  const original = await engine.load(await engine.describe(undefined), { threads: 1 });
  original.restore({ net: original.initialize(4), optimizer: original.freshOptimizer(sgd()) });
  const batch = batchOf({ input: float32([4, 1, 5, 5]), target: float32([4, 2], numbers(8, 2)) });
  await original.evaluate(batch, null);

  const imported = onnxModel(await original.exports['onnx']!({}));
  const description = await imported.describe(undefined);
  expect(description.parameters.map(({ name, kind }) => [name, kind])).toEqual(
    original.description.parameters.map(({ name, kind }) => [name, kind]),
  );
  const copy = await imported.load(description, { threads: 1 });
  copy.restore({ net: copy.initialize(999), optimizer: copy.freshOptimizer(sgd()) });
  for (const each of [original, copy]) {
    const trainer = await each.trainer({ loss: mse(), optimizer: sgd(), frozen: [], clip: null });
    for (let step = 0; step < 3; step++) await trainer.step(batch, { lr: 0.1, seed: 0, step });
  }
  for (const [name, tensor] of original.capture().net) {
    expect(distance(values(tensor), values(copy.capture().net.get(name)))).toBeLessThan(1e-6);
  }
  await original.dispose();
  await copy.dispose();
});

it('a file that was read into a Buffer, wherever its bytes lie, is the net that was exported', async () => {
  const net = nn.sequential({ hidden: nn.linear(3, 4), head: nn.linear(4, 2) });
  const engine = onnx(() => net);
  const original = await engine.load(await engine.describe(undefined), { threads: 1 });
  const start = original.initialize(4);
  original.restore({ net: start, optimizer: null });
  const file = await original.exports['onnx']!({});
  await original.dispose();
  for (let offset = 0; offset < 8; offset++) {
    const memory = Buffer.alloc(file.length + 16);
    memory.set(file, offset);
    const imported = onnxModel(memory.subarray(offset, offset + file.length));
    const description = await imported.describe(undefined);
    memory.fill(255);
    const copy = await imported.load(description, { threads: 1 });
    for (const [name, tensor] of copy.initialize(0)) expect(values(tensor)).toEqual(values(start.get(name)));
    await copy.dispose();
  }
});

it('what is no ONNX file is refused', () => {
  expect(() => onnxModel('net.onnx' as never)).toThrow(/content of an ONNX file/);
  expect(() => onnxModel(Uint8Array.of(1, 2, 3))).toThrow(expect.objectContaining({ code: 'ENGINE_BUILD' }));
});
