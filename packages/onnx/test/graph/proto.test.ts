import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ort from 'onnxruntime-node';
import { EngineError } from '../../src/graph/engine-error.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { readModel } from '../../src/proto/read-model.js';
import { writeModel } from '../../src/proto/write-model.js';
import { float32, random } from './harness.js';

const init = { kind: 'given', args: {} };
const next = random(4);

function net() {
  const g = new GraphBuilder();
  const x = g.scope('conv', () => g.conv(g.input('input'), g.parameter('weight', [2, 1, 3, 3], init), '', [3, 3], { pads: [1, 1, 1, 1] }));
  const normal = g.scope('norm', () =>
    g.batchNorm(x, g.parameter('weight', [2], init), g.parameter('bias', [2], init), g.buffer('mean', [2], init), g.buffer('variance', [2], init), { epsilon: 1e-5, momentum: 0.1 }),
  );
  const flat = g.flatten(g.dropout(g.leakyRelu(normal, 0.25), 0.5));
  const graph = g.build([g.clip(g.mul(g.reshape(flat, [0, -1]), 2), -3, undefined)]);
  const weights = new Map(graph.parameters.map(({ name, shape }) => [name, float32(shape, () => next() + 1.5)]));
  const types = new Map([
    ['input', { dtype: 'float32', shape: ['batch', 1, 4, 4] }],
    [graph.outputs[0] as string, { dtype: 'float32', shape: ['batch', 32] }],
  ] as const);
  return { graph, weights, types };
}

describe('an ONNX model', () => {
  it('is the same bytes for the same graph', () => {
    const { graph, ...options } = net();
    expect(writeModel(graph, options)).toEqual(writeModel(graph, options));
  });

  it('comes back as the same graph, parameters, buffers, constants and types', () => {
    const { graph, weights, types } = net();
    const found = readModel(writeModel(graph, { weights, types }));
    expect(found.graph).toEqual(graph);
    expect(found.weights).toEqual(weights);
    expect(found.types).toEqual(types);
  });

  it('runs in onnxruntime for any batch', async () => {
    const { graph, weights, types } = net();
    const session = await ort.InferenceSession.create(writeModel(graph, { weights, types }));
    for (const batch of [1, 3]) {
      const out = await session.run({ input: new ort.Tensor('float32', new Float32Array(batch * 16), [batch, 1, 4, 4]) });
      expect(out[graph.outputs[0] as string]?.dims).toEqual([batch, 32]);
    }
  });

  it('keeps integers beyond 32 bits, and negative ones', () => {
    const g = new GraphBuilder();
    const out = g.slice(g.input('x'), [-1], [Number.MIN_SAFE_INTEGER], [0], [-1]);
    const graph = g.build([g.reduceMean(out, [-2, 2 ** 40])]);
    const types = new Map([['x', { dtype: 'float32', shape: [3] }]] as const);
    expect(readModel(writeModel(graph, { types })).graph).toEqual(graph);
  });

  it('cut anywhere, is refused by a typed error or is whole', () => {
    const { graph, weights, types } = net();
    const bytes = writeModel(graph, { weights, types });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readModel(bytes.subarray(0, length))).toThrow(EngineError);
    }
  });

  it('of damaged or random bytes is read or refused by a typed error', () => {
    const { graph, weights, types } = net();
    const bytes = writeModel(graph, { weights, types });
    const attempt = (input: Uint8Array): void => {
      try {
        readModel(input);
      } catch (error) {
        expect(error).toBeInstanceOf(EngineError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt), { numRuns: 500 });
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const damaged = bytes.slice();
        damaged[at] = value;
        attempt(damaged);
      }),
      { numRuns: 2000 },
    );
  });

  it('of an operator set that is too old says which one it wants', () => {
    // A ModelProto by hand: graph (field 7) empty, opset_import (field 8) { version (field 2): 9 }.
    expect(() => readModel(Uint8Array.of(0x3a, 0, 0x42, 2, 0x10, 9))).toThrow(/operator set 9.*from 13 to 20/);
  });
});
