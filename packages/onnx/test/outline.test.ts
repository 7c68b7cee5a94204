import { createHash } from 'node:crypto';
import { encode } from '@reprise/core';
import type { NetDescription, Outline } from '@reprise/core';
import { nn, onnx, onnxModel } from '@reprise/onnx';
import type { Layer, Net } from '@reprise/onnx';
import { describe, expect, it } from 'vitest';
import { open } from './support.js';

const described = async (net: Layer | Net): Promise<NetDescription> => onnx(() => net).describe(undefined);
const outlineOf = async (net: Layer | Net): Promise<Outline> => (await described(net)).outline;

/** Where two outlines differ. */
function differing(a: Outline, b: Outline): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((path) => a[path] !== b[path]).sort();
}

const layers = {
  conv: nn.conv2d(1, 4, 3),
  norm: nn.batchNorm(4),
  act: nn.leakyRelu({ slope: 0.1 }),
  pool: nn.maxPool2d(2),
  flat: nn.flatten(),
  drop: nn.dropout(0.2),
  head: nn.linear(4, 2),
};
/** The layers that are said to differ once these are in place of their namesakes. */
async function changed(by: { readonly [name: string]: Layer }): Promise<readonly string[]> {
  return differing(await outlineOf(nn.sequential(layers)), await outlineOf(nn.sequential({ ...layers, ...by })));
}

describe('the outline of a net', () => {
  it('says of each layer what it computes of what', async () => {
    expect(await outlineOf(nn.sequential({ hidden: nn.linear(3, 4), act: nn.relu(), drop: nn.dropout(0.2) }))).toEqual({
      hidden: 'Add(MatMul(input, Transpose(weight, perm [1, 0])), bias)',
      act: 'Relu(hidden)',
      drop: 'Dropout(act, 0.2)',
      inputs: 'input',
      outputs: 'output = drop',
    });
  });

  it.each<[string, { readonly [name: string]: Layer }, string]>([
    ['a rate', { drop: nn.dropout(0.3) }, 'drop'],
    ['a slope', { act: nn.leakyRelu({ slope: 0.2 }) }, 'act'],
    ['another activation', { act: nn.tanh() }, 'act'],
    ['a padding', { conv: nn.conv2d(1, 4, 3, { padding: 1 }) }, 'conv'],
    ['a stride', { conv: nn.conv2d(1, 4, 3, { stride: 2 }) }, 'conv'],
    ['the size of a kernel', { conv: nn.conv2d(1, 4, 5) }, 'conv'],
    ['a bias less', { conv: nn.conv2d(1, 4, 3, { bias: false }) }, 'conv'],
    ['a window', { pool: nn.maxPool2d(2, { ceil: true }) }, 'pool'],
    ['an epsilon', { norm: nn.batchNorm(4, { epsilon: 1e-4 }) }, 'norm'],
    ['a momentum', { norm: nn.batchNorm(4, { momentum: 0.3 }) }, 'norm'],
  ])('says %s under the name of the layer alone', async (_, by, layer) => {
    expect(await changed(by)).toEqual([layer]);
  });

  it('says a layer that is new under its name, and under that of the one that reads it', async () => {
    const { head, ...first } = layers;
    const longer = await outlineOf(nn.sequential({ ...first, extra: nn.sigmoid(), head }));
    expect(differing(await outlineOf(nn.sequential(layers)), longer)).toEqual(['extra', 'head']);
    expect(await changed({ last: nn.sigmoid() })).toEqual(['last', 'outputs']);
  });

  it('says that layers stand in another order', async () => {
    const [one, other] = [nn.sequential({ a: nn.relu(), b: nn.tanh() }), nn.sequential({ b: nn.tanh(), a: nn.relu() })];
    expect(differing(await outlineOf(one), await outlineOf(other))).toEqual(['a', 'b', 'outputs']);
  });

  it('says a width by the shapes of parameters, not of how they begin', async () => {
    expect(await changed({ head: nn.linear(4, 3) })).toEqual([]);
    expect(await changed({ head: nn.linear(16, 2) })).toEqual([]);
  });

  it('says how parameters begin where it is no function of the shapes', async () => {
    const scaled = (std: number): Net =>
      nn.graph((g, { input }) => g.mul(input, g.parameter('scale', [2], { kind: 'normal', args: { mean: 0, std } })));
    expect(differing(await outlineOf(scaled(0.1)), await outlineOf(scaled(0.2)))).toEqual(['scale.init']);
  });

  it('names nodes outside of any layer by their operator, and outputs by what they come from', async () => {
    const net = nn.graph(
      (g, { a, b }) => {
        const product = g.mul(a, b);
        return { sum: g.reduceSum(product, [1]), raw: nn.apply(g, nn.gelu(), product, 'act') };
      },
      { inputs: ['a', 'b'] },
    );
    expect(await outlineOf(net)).toEqual({
      Mul_1: 'Mul(a, b)',
      ReduceSum_1: 'ReduceSum(Mul_1, [1], keepdims 0)',
      act: 'Mul(Mul_1, Mul(Add(Erf(Mul(Mul_1, 0.70710677)), 1), 0.5))',
      inputs: 'a, b',
      outputs: 'sum = ReduceSum_1, raw = act',
    });
  });

  it('names what is read twice within a layer', async () => {
    const cube: Layer = {
      kind: 'cube',
      build: (g, x) => {
        const [even, odd] = g.split(g.mul(x, x), [2, 2], 1);
        return g.add(g.mul(even!, even!), odd!);
      },
    };
    const { cube1 } = await outlineOf(cube);
    expect(cube1).toBe('Split_1 = Split(Mul(input, input), [2, 2], axis 1); Add(Mul(Split_1, Split_1), Split_1:1)');
  });

  it('tells long constants and long layers apart, and stays short', async () => {
    const long = (last: number): Net =>
      nn.graph((g, { input }) =>
        g.scope('table', () =>
          Array.from({ length: 200 }).reduce<string>(
            (x) => g.add(x, last),
            g.add(
              input,
              g.constant({
                dtype: 'float32',
                shape: [20],
                data: Float32Array.from({ length: 20 }, (_, i) => i + last),
              }),
            ),
          ),
        ),
      );
    const [one, other] = [await outlineOf(long(1)), await outlineOf(long(2))];
    expect(differing(one, other)).toEqual(['table']);
    expect((one['table'] as string).length).toBeLessThan(350);
  });

  it('loses nothing where a layer has the name of something else', async () => {
    const net = nn.sequential({ inputs: nn.relu(), outputs: nn.tanh() });
    expect(await outlineOf(net)).toEqual({
      inputs: 'Relu(input)',
      outputs: 'Tanh(inputs)',
      'inputs (net)': 'input',
      'outputs (net)': 'output = outputs',
    });
  });

  it('leaves the recipe as it was, so that recorded nets are still found', async () => {
    const { engine, recipe } = await described(nn.sequential(layers));
    const digest = createHash('sha256').update(encode({ engine, recipe })).digest('hex');
    expect(digest).toBe('91ac83751161e073c936d5e08689fadbf0f1795244c9e17a48c9418fea443134');
  });
});

describe('the outline of an ONNX file', () => {
  const net = nn.sequential({ hidden: nn.linear(3, 4), act: nn.relu(), head: nn.linear(4, 2, { bias: false }) });
  const written = async (seed: number): Promise<Uint8Array> => {
    const loaded = await open(net, { seed });
    try {
      return await loaded.exports['onnx']!({});
    } finally {
      await loaded.dispose();
    }
  };
  const read = async (file: Uint8Array): Promise<Outline> => (await onnxModel(file).describe(undefined)).outline;

  it('goes by the names of its nodes, and says which weights are others', async () => {
    const outline = await read(await written(1));
    expect(outline['hidden']).toBe('Add(MatMul(input, Transpose(weight, perm [1, 0])), bias)');
    expect(outline['act']).toBe('Relu(hidden)');
    expect(await read(await written(1))).toEqual(outline);
    const others = ['head.weight.init', 'hidden.bias.init', 'hidden.weight.init'];
    expect(differing(outline, await read(await written(2)))).toEqual(others);
  });
});
