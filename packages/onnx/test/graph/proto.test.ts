import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ort from 'onnxruntime-node';
import { PbfWriter } from 'pbf';
import { EngineError } from '../../src/graph/engine-error.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { readModel } from '../../src/proto/read-model.js';
import { writeModel } from '../../src/proto/write-model.js';
import { float32, random } from './harness.js';

const init = { kind: 'given', args: {} };
const next = random(4);

function net() {
  const g = new GraphBuilder();
  const x = g.scope('conv', () =>
    g.conv(g.input('input'), g.parameter('weight', [2, 1, 3, 3], init), '', [3, 3], { pads: [1, 1, 1, 1] }),
  );
  const normal = g.scope('norm', () =>
    g.batchNorm(
      x,
      g.parameter('weight', [2], init),
      g.parameter('bias', [2], init),
      g.buffer('mean', [2], init),
      g.buffer('variance', [2], init),
      { epsilon: 1e-5, momentum: 0.1 },
    ),
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

function message(write: (out: PbfWriter) => void): Uint8Array {
  const out = new PbfWriter();
  write(out);
  return out.finish();
}

/** A GraphProto as other exporters write it, by hand: y = mean(x · 2.5 + weight) over the axes −1 and 0. */
function foreignGraph(): Uint8Array {
  const tensor = (name: string, type: number, dims: readonly number[], data: (out: PbfWriter) => void): Uint8Array =>
    message((out) => {
      for (const dim of dims) out.writeVarintField(1, dim);
      out.writeVarintField(2, type);
      out.writeStringField(8, name);
      data(out);
    });
  const node = (op: string, inputs: readonly string[], output: string, attribute?: Uint8Array): Uint8Array =>
    message((out) => {
      for (const input of inputs) out.writeStringField(1, input);
      out.writeStringField(2, output);
      out.writeStringField(3, `/net/${op}`);
      out.writeStringField(4, op);
      if (attribute) out.writeBytesField(5, attribute);
    });
  const float = message((out) =>
    out.writeBytesField(
      1,
      message((type) => type.writeVarintField(1, 1)),
    ),
  );
  const value = (name: string): Uint8Array =>
    message((out) => {
      out.writeStringField(1, name);
      out.writeBytesField(2, float);
    });
  const scale = message((out) => {
    out.writeStringField(1, 'value');
    out.writeBytesField(
      5,
      tensor('', 1, [], (data) => data.writePackedFloat(4, [2.5])),
    );
    out.writeVarintField(20, 4);
  });
  const weight = tensor('weight', 1, [2, 1], (data) => {
    data.writeFloatField(4, 1.5);
    data.writeFloatField(4, -2);
  });
  const axes = tensor('axes', 7, [2], (data) => data.writePackedVarint(7, [-1, 0]));
  return message((out) => {
    out.writeBytesField(1, node('Constant', [], 'scale', scale));
    out.writeBytesField(1, node('Mul', ['x', 'scale'], 'scaled'));
    out.writeBytesField(1, node('Add', ['scaled', 'weight'], 'sum'));
    out.writeBytesField(1, node('ReduceMean', ['sum', 'axes'], 'y'));
    for (const initializer of [weight, axes]) out.writeBytesField(5, initializer);
    out.writeBytesField(11, value('x'));
    out.writeBytesField(12, value('y'));
  });
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
      const out = await session.run({
        input: new ort.Tensor('float32', new Float32Array(batch * 16), [batch, 1, 4, 4]),
      });
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

  it('written otherwise than ours is read: lists not raw, constants as nodes, axes of reductions as inputs', () => {
    const bytes = message((model) => {
      model.writeBytesField(7, foreignGraph());
      model.writeBytesField(
        8,
        message((set) => set.writeVarintField(2, 18)),
      );
    });
    const { graph, weights } = readModel(bytes);
    expect(weights).toEqual(new Map([['weight', float32([2, 1], [1.5, -2])]]));
    expect(graph.parameters.map(({ name, kind, shape }) => [name, kind, shape])).toEqual([
      ['weight', 'parameter', [2, 1]],
    ]);
    expect(graph.constants.get('scale')).toEqual(float32([], [2.5]));
    expect(graph.nodes.at(-1)).toEqual({
      op: 'ReduceMean',
      inputs: ['sum'],
      outputs: ['y'],
      attributes: { axes: [-1, 0] },
      layer: 'net',
    });
  });

  it('of an operator set that is too old says which one it wants', () => {
    // A ModelProto by hand: graph (field 7) empty, opset_import (field 8) { version (field 2): 9 }.
    expect(() => readModel(Uint8Array.of(0x3a, 0, 0x42, 2, 0x10, 9))).toThrow(/operator set 9.*from 13 to 20/);
  });
});
