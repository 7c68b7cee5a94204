import { nn, onnx } from '@reprise/onnx';
import { expect, it, vi } from 'vitest';

vi.mock('onnxruntime-node', () => {
  throw new Error('cannot open shared object file');
});

it('a binding that can’t be loaded is an error with its remedy, and nets can be described without it', async () => {
  const engine = onnx(() => nn.linear(2, 2));
  const description = await engine.describe(undefined);
  expect(description.parameters).toHaveLength(2);
  await expect(engine.load(description, { threads: 1 })).rejects.toMatchObject({
    code: 'INSTALL',
    package: 'onnxruntime-node',
    remedy: expect.stringContaining('npm install onnxruntime-node --ignore-scripts') as string,
  });
});
