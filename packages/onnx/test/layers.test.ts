import { mse, RepriseError, sgd } from '@reprise/core';
import { nn } from '@reprise/onnx';
import { describe, expect, it } from 'vitest';
import { batchOf, distance, float32, numbers, open, outputOf, tensor, values } from './support.js';

describe('linear', () => {
  it('multiplies by the transposed weight and adds the bias', async () => {
    const [x, w, b] = [numbers(6), numbers(12, 2), numbers(4, 3)];
    const y = await outputOf(nn.linear(3, 4), float32([2, 3], x), {
      'linear1.weight': float32([4, 3], w),
      'linear1.bias': float32([4], b),
    });
    const expected = [0, 1].flatMap((n) =>
      [0, 1, 2, 3].map((o) => b[o]! + [0, 1, 2].reduce((sum, i) => sum + x[n * 3 + i]! * w[o * 3 + i]!, 0)),
    );
    expect(y.shape).toEqual([2, 4]);
    expect(distance(values(y), expected)).toBeLessThan(1e-6);
  });

  it('works on the last dimension of any number of them', async () => {
    const y = await outputOf(nn.linear(3, 4, { bias: false }), float32([2, 5, 3]));
    expect(y.shape).toEqual([2, 5, 4]);
  });

  it('refuses sizes and options that make no sense, with the nearest name', () => {
    expect(() => nn.linear(0, 4)).toThrow(/inputs must be a whole number from 1/);
    expect(() => nn.linear(3, 4, { biass: true } as never)).toThrow(/Did you mean 'bias'/);
  });
});

/** A convolution by its definition. */
function naiveConv(
  x: readonly number[],
  [n, c, h, w]: readonly [number, number, number, number],
  weight: readonly number[],
  bias: readonly number[],
  {
    outputs,
    kernel,
    stride,
    padding,
    dilation,
    groups,
  }: Record<'outputs' | 'kernel' | 'stride' | 'padding' | 'dilation' | 'groups', number>,
): number[] {
  const size = (length: number): number =>
    Math.floor((length + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
  const result: number[] = [];
  for (let s = 0; s < n; s++) {
    for (let o = 0; o < outputs; o++) {
      const first = Math.floor(o / (outputs / groups)) * (c / groups);
      for (let i = 0; i < size(h); i++) {
        for (let j = 0; j < size(w); j++) {
          let sum = bias[o]!;
          for (let k = 0; k < c / groups; k++) {
            for (let a = 0; a < kernel; a++) {
              for (let b = 0; b < kernel; b++) {
                const [row, column] = [i * stride - padding + a * dilation, j * stride - padding + b * dilation];
                if (row < 0 || column < 0 || row >= h || column >= w) continue;
                sum +=
                  x[((s * c + first + k) * h + row) * w + column]! *
                  weight[((o * (c / groups) + k) * kernel + a) * kernel + b]!;
              }
            }
          }
          result.push(sum);
        }
      }
    }
  }
  return result;
}

describe('conv2d', () => {
  it.each([
    { stride: 1, padding: 0, dilation: 1, groups: 1 },
    { stride: 2, padding: 1, dilation: 1, groups: 1 },
    { stride: 1, padding: 2, dilation: 2, groups: 2 },
    { stride: 1, padding: 1, dilation: 1, groups: 4 },
  ])('agrees with the definition for %o', async (options) => {
    const [x, weight, bias] = [numbers(2 * 4 * 7 * 6), numbers((8 * 4 * 9) / options.groups, 2), numbers(8, 3)];
    const y = await outputOf(nn.conv2d(4, 8, 3, options), float32([2, 4, 7, 6], x), {
      'conv1.weight': float32([8, 4 / options.groups, 3, 3], weight),
      'conv1.bias': float32([8], bias),
    });
    const expected = naiveConv(x, [2, 4, 7, 6], weight, bias, { outputs: 8, kernel: 3, ...options });
    expect(distance(values(y), expected)).toBeLessThan(1e-5);
  });

  it('refuses groups that do not divide the channels', () => {
    expect(() => nn.conv2d(4, 8, 3, { groups: 3 })).toThrow(/groups must be a divisor of 4 inputs and of 8 outputs/);
  });
});

describe('pooling', () => {
  const image = float32([1, 1, 4, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

  it('takes the greatest or the mean of each window', async () => {
    expect(values(await outputOf(nn.maxPool2d(2), image))).toEqual([6, 8, 14, 16]);
    expect(values(await outputOf(nn.avgPool2d(2), image))).toEqual([3.5, 5.5, 11.5, 13.5]);
    expect(values(await outputOf(nn.maxPool2d(2, { stride: 1 }), image))).toEqual([6, 7, 8, 10, 11, 12, 14, 15, 16]);
  });

  it('with ceil drops a last window that would begin in the padding, as PyTorch does, and trains through the others', async () => {
    const x = numbers(2 * 9 * 7);
    const pool = nn.maxPool2d(2, { stride: 3, padding: 1, ceil: true });
    const y = await outputOf(pool, float32([2, 1, 9, 7], x));
    // PyTorch: MaxPool2d(2, 3, padding=1, ceil_mode=True) makes [4, 3] of [9, 7].
    expect(y.shape).toEqual([2, 1, 4, 3]);
    const maxima = [0, 1].flatMap((n) =>
      [0, 1, 2, 3].flatMap((i) =>
        [0, 1, 2].map((j) => {
          const places = [-1, 0].flatMap((a) => [-1, 0].map((b) => [i * 3 + a, j * 3 + b] as const));
          const inside = places.filter(([row, column]) => row >= 0 && column >= 0 && row < 9 && column < 7);
          return inside.map(([row, column]) => n * 63 + row * 7 + column).reduce((a, b) => (x[b]! > x[a]! ? b : a));
        }),
      ),
    );
    expect(
      distance(
        values(y),
        maxima.map((at) => x[at]!),
      ),
    ).toBeLessThan(1e-6);

    const plane = float32([2, 1, 9, 7], x);
    const loaded = await open(
      nn.graph((g, { input }) =>
        g.flatten(pool.build(g, g.add(g.parameter('x', plane.shape, { kind: 'zeros', args: {} }), g.mul(input, 0)))),
      ),
    );
    loaded.restore({ net: new Map([['x', plane]]), optimizer: loaded.freshOptimizer(sgd()) });
    const trainer = await loaded.trainer({ loss: mse(), optimizer: sgd(), frozen: [], clip: null });
    const batch = batchOf({ input: float32([1], [0]), target: float32([2, 12], new Float32Array(24)) });
    await trainer.step(batch, { lr: 1, seed: 0, step: 0 });
    const expected = x.map((value) => value);
    for (const at of maxima) expected[at]! -= (2 * x[at]!) / 24;
    expect(distance(values(loaded.capture().net.get('x')), expected)).toBeLessThan(1e-6);
    await loaded.dispose();
  });

  it('counts padded zeros in the mean, as PyTorch does, unless told otherwise', async () => {
    expect(values(await outputOf(nn.avgPool2d(3, { stride: 3, padding: 1 }), image))[0]).toBeCloseTo(14 / 9, 6);
    expect(
      values(await outputOf(nn.avgPool2d(3, { stride: 3, padding: 1, countPadding: false }), image))[0],
    ).toBeCloseTo(3.5, 6);
  });

  it('reduces a whole channel to its mean', async () => {
    const y = await outputOf(nn.globalAvgPool(), image);
    expect(y.shape).toEqual([1, 1]);
    expect(values(y)).toEqual([8.5]);
  });
});

describe('activations', () => {
  const x = numbers(64).map((value) => value * 4);
  /** Φ by its series, for an independent value of erf. */
  const erf = (z: number): number => {
    let [term, sum] = [z, z];
    for (let n = 1; n < 200; n++) {
      term *= (-z * z) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  };
  it.each([
    ['relu', nn.relu(), (v: number) => Math.max(v, 0)],
    ['leakyRelu', nn.leakyRelu({ slope: 0.2 }), (v: number) => (v > 0 ? v : 0.2 * v)],
    ['gelu', nn.gelu(), (v: number) => (v * (1 + erf(v / Math.SQRT2))) / 2],
    [
      'gelu tanh',
      nn.gelu({ approximate: 'tanh' }),
      (v: number) => (v / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))),
    ],
    ['sigmoid', nn.sigmoid(), (v: number) => 1 / (1 + Math.exp(-v))],
    ['tanh', nn.tanh(), Math.tanh],
  ] as const)('%s agrees with its formula', async (_, layer, formula) => {
    expect(distance(values(await outputOf(layer, float32([4, 16], x))), x.map(formula))).toBeLessThan(2e-6);
  });

  it('softmax makes each row a distribution', async () => {
    const y = values(await outputOf(nn.softmax(), float32([4, 16], x)));
    const row = x.slice(16, 32).map(Math.exp);
    const total = row.reduce((a, b) => a + b);
    expect(
      distance(
        y.slice(16, 32),
        row.map((v) => v / total),
      ),
    ).toBeLessThan(1e-6);
  });
});

describe('normalisation', () => {
  it('layerNorm gives each sample mean 0 and variance 1 before scale and shift', async () => {
    const x = numbers(12);
    const [scale, shift] = [numbers(6, 2), numbers(6, 3)];
    const y = await outputOf(nn.layerNorm(6), float32([2, 6], x), {
      'norm1.weight': float32([6], scale),
      'norm1.bias': float32([6], shift),
    });
    const expected = [0, 1].flatMap((n) => {
      const row = x.slice(n * 6, n * 6 + 6);
      const mean = row.reduce((a, b) => a + b) / 6;
      const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 6;
      return row.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * scale[i]! + shift[i]!);
    });
    expect(distance(values(y), expected)).toBeLessThan(1e-5);
  });

  it('batchNorm uses its running statistics outside of training', async () => {
    const y = await outputOf(nn.batchNorm(2), float32([1, 2, 1, 2], [1, 2, 3, 4]), {
      'norm1.running_mean': float32([2], [1, 2]),
      'norm1.running_var': float32([2], [4, 9]),
    });
    expect(distance(values(y), [0, 0.5, 1 / 3, 2 / 3])).toBeLessThan(1e-5);
  });

  it('normalize takes bytes and applies one mean and deviation for each channel', async () => {
    const pixels = tensor('uint8', [1, 2, 1, 2], Uint8Array.of(0, 255, 10, 20));
    const y = await outputOf(nn.normalize({ mean: [0, 10], std: [255, 5], axis: -3 }), pixels);
    expect(distance(values(y), [0, 1, 0, 2])).toBeLessThan(1e-6);
  });
});

describe('embedding', () => {
  it('picks a row for each index, of any whole-number type', async () => {
    const weight = float32([3, 2], [1, 2, 3, 4, 5, 6]);
    const y = await outputOf(nn.embedding(3, 2), tensor('uint8', [2, 2], Uint8Array.of(2, 0, 1, 2)), {
      'embedding1.weight': weight,
    });
    expect(y.shape).toEqual([2, 2, 2]);
    expect(values(y)).toEqual([5, 6, 1, 2, 3, 4, 5, 6]);
  });

  it.each([
    ['−1, which ONNX takes for the last row', tensor('int32', [2, 1], Int32Array.of(0, -1)), -1],
    ['one past the last row', tensor('int64', [2, 1], BigInt64Array.of(0n, 3n)), 3],
    ['a part of a number', float32([2, 1], [0, 0.5]), 0.5],
  ])('refuses %s, before anything is trained', async (_, input, index) => {
    const net = nn.graph((g, { input: words }) =>
      g.reshape(nn.apply(g, nn.embedding(3, 2), g.reshape(words, [-1]), 'words'), [-1, 2]),
    );
    const loaded = await open(net);
    const before = loaded.capture().net.get('words.weight')!.data;
    const message = `The index in 'input' at 1 is ${index}; expected a whole number from 0 to 2, as 'words' has 3 rows.`;
    const refused = async (run: Promise<unknown>): Promise<void> => {
      await expect(run).rejects.toMatchObject({ code: 'DATA_MISMATCH' });
      await expect(run).rejects.toThrow(message);
    };
    await refused(loaded.evaluate(batchOf({ input }), null));
    const trainer = await loaded.trainer({ loss: mse(), optimizer: sgd(), frozen: [], clip: null });
    const batch = batchOf({ input, target: float32([2, 2]) });
    await refused(trainer.step(batch, { lr: 1, seed: 0, step: 0 }));
    expect(loaded.capture().net.get('words.weight')!.data).toBe(before);
    await loaded.dispose();
  });
});

describe('putting layers together', () => {
  it('names parameters as PyTorch does, by the names given or by kind and count', async () => {
    const net = nn.sequential({
      conv: nn.conv2d(1, 2, 3),
      norm: nn.batchNorm(2),
      rest: nn.sequential(nn.flatten(), nn.linear(8, 4), nn.relu(), nn.linear(4, 2, { bias: false })),
    });
    const { description } = await open(net);
    expect(description.parameters.map(({ name, shape, kind }) => `${name} ${shape.join('x')} ${kind}`)).toEqual([
      'conv.weight 2x1x3x3 parameter',
      'conv.bias 2 parameter',
      'norm.weight 2 parameter',
      'norm.bias 2 parameter',
      'norm.running_mean 2 buffer',
      'norm.running_var 2 buffer',
      'rest.linear1.weight 4x8 parameter',
      'rest.linear1.bias 4 parameter',
      'rest.linear2.weight 2x4 parameter',
    ]);
  });

  it('residual adds the input, or what a shortcut makes of it', async () => {
    const x = float32([1, 2], [1, 2]);
    const double = float32([2, 2], [2, 0, 0, 2]);
    const layer = nn.linear(2, 2, { bias: false });
    expect(values(await outputOf(nn.residual(layer), x, { 'residual1.body.weight': double }))).toEqual([3, 6]);
    const both = { 'residual1.body.weight': double, 'residual1.shortcut.weight': double };
    expect(values(await outputOf(nn.residual(layer, nn.linear(2, 2, { bias: false })), x, both))).toEqual([4, 8]);
  });

  it('takes graphs with several named inputs and outputs', async () => {
    const net = nn.graph((g, { left, right }) => ({ sum: g.add(left, right), product: g.mul(left, right) }), {
      inputs: ['left', 'right'],
    });
    const loaded = await open(net);
    expect(loaded.description.inputs).toEqual(['left', 'right']);
    const { outputs } = await loaded.evaluate(
      new Map([
        ['left', float32([2], [1, 2])],
        ['right', float32([2], [3, 4])],
      ]),
      null,
    );
    expect(values(outputs.get('sum'))).toEqual([4, 6]);
    expect(values(outputs.get('product'))).toEqual([3, 8]);
  });

  it('reshapes each sample and leaves the batch', async () => {
    expect((await outputOf(nn.reshape([2, -1]), float32([3, 8]))).shape).toEqual([3, 2, 4]);
    expect((await outputOf(nn.flatten(), float32([3, 2, 2]))).shape).toEqual([3, 4]);
  });

  it('refuses two layers of one name and things that are no layers', async () => {
    expect(() => nn.sequential({ a: 3 as never })).toThrow(/a must be a layer/);
    await expect(
      open(nn.graph((g, { input }) => nn.apply(g, nn.linear(2, 2), nn.apply(g, nn.linear(2, 2), input, 'a'), 'a'))),
    ).rejects.toThrow(RepriseError);
  });
});
