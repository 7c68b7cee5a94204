import { describe, expect, it } from 'vitest';
import { nn, onnx } from '@reprise/onnx';
import type { Layer, Net } from '@reprise/onnx';
import { readModel } from '../src/proto/read-model.js';
import type { ValueType } from '../src/proto/write-model.js';

/** The types that a file states of the inputs and outputs of a net. */
async function typesOf(net: Layer | Net, options: object): Promise<Record<string, ValueType>> {
  const engine = onnx(() => net);
  const loaded = await engine.load(await engine.describe(undefined), { threads: 1 });
  try {
    loaded.restore({ net: loaded.initialize(1), optimizer: null });
    return Object.fromEntries(readModel(await loaded.exports['onnx']!({ ...options })).types);
  } finally {
    await loaded.dispose();
  }
}

const float = (...shape: (number | string)[]): ValueType => ({ dtype: 'float32', shape });

describe('an exported net states the shapes of its outputs', () => {
  it('where its first layer tells that of the input', async () => {
    const net = nn.sequential(nn.linear(3, 8), nn.relu(), nn.linear(8, 2));
    expect(await typesOf(net, {})).toEqual({ input: float('batch', 3), output: float('batch', 2) });
  });

  it('where images may have any size', async () => {
    const pooled = nn.sequential(nn.conv2d(3, 4, 3), nn.globalAvgPool(), nn.flatten());
    expect(await typesOf(pooled, {})).toEqual({
      input: float('batch', 3, 'height', 'width'),
      output: float('batch', 4),
    });
    expect((await typesOf(nn.conv2d(3, 4, 3), {}))['output']).toEqual(float('batch', 4, 'output_2', 'output_3'));
  });

  it('where they are given, for one sample', async () => {
    const net = nn.sequential(nn.flatten(), nn.linear(784, 10));
    expect((await typesOf(net, {}))['output']).toBeUndefined();
    expect(await typesOf(net, { shapes: { input: [1, 28, 28] } })).toEqual({
      input: float('batch', 1, 28, 28),
      output: float('batch', 10),
    });
  });

  it('of several inputs, with the types of theirs', async () => {
    const net = nn.graph((g, { a, b }) => ({ sum: g.add(a, b), rows: g.reshape(a, [-1, 3]) }), { inputs: ['a', 'b'] });
    expect(await typesOf(net, { shapes: { a: [2, 3], b: [1, 3] } })).toEqual({
      a: float('batch', 2, 3),
      b: float('batch', 1, 3),
      sum: float('batch', 2, 3),
      rows: float('rows_0', 3),
    });
    await expect(typesOf(net, { shapes: { a: [2, 3] } })).rejects.toThrow(/the shape of the input 'b'/);
  });
});

describe('shapes that are given', () => {
  const net = nn.sequential(nn.flatten(), nn.linear(784, 10));
  it.each<[string, object, string, RegExp]>([
    ['must fit the net', { shapes: { input: [3, 3] } }, 'ENGINE_BUILD', /784/],
    ['must be of its inputs', { shapes: { image: [784] } }, 'UNKNOWN_OPTION', /image/],
    ['must be lists', { shapes: { input: 784 } }, 'INVALID_OPTION', /\[1, 28, 28\]/],
    ['must have sizes', { shapes: { input: [0] } }, 'INVALID_OPTION', /whole number from 1/],
  ])('%s', async (_, options, code, message) => {
    await expect(typesOf(net, options)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) as unknown }),
    );
  });
});
