import { expect, it } from 'vitest';
import { Programs } from '../src/session/programs.js';
import type { Program } from '../src/session/compile.js';

const program: Program = {
  model: new Uint8Array(),
  batch: [],
  masks: [],
  state: [],
  loss: null,
  outputs: [],
  shapes: new Map(),
  gradients: [],
  buffers: [],
};

it.each([
  ['Node (block1.pool/maxpool_1) Op (MaxPool) [ShapeInferenceError] Incompatible dimensions', 'block1.pool'],
  ["Non-zero status code returned while initializing. Name:'head/matmul_2' Status: out of memory", 'head'],
  ['Node (Sub_1) Op (Sub) [ShapeInferenceError] Incompatible dimensions', ''],
  ['Failed to load model', ''],
])('what onnxruntime refuses to compile names the layer, where it does: %s', async (why, layer) => {
  const cause = new Error(why);
  const programs = new Programs(
    {
      version: '0',
      createSession: () => Promise.reject(cause),
      value: () => expect.unreachable(),
    },
    1,
  );
  const refused = programs.get('train', () => program);
  await expect(refused).rejects.toMatchObject({ code: 'ENGINE_BUILD', layer, cause });
  await expect(refused).rejects.toThrow(why);
});
