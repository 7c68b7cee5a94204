import { adam, component, crossEntropy, decode, encode, mse, sgd } from '@reprise/core';
import type { Batch, LoadedNet, NetDescription, Plain, Recipe } from '@reprise/core';
import { nn, onnx } from '@reprise/onnx';
import ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { batchOf, begin, distance, float32, numbers, open, tensor, values } from './support.js';

interface TrainOptions {
  readonly optimizer: Recipe;
  readonly loss: Recipe;
  readonly lr: number;
  readonly steps: number;
  readonly seed: number;
  readonly frozen: readonly string[];
}

async function train(
  net: LoadedNet,
  batch: Batch,
  { optimizer = sgd(), loss: recipe = mse(), lr = 0.1, steps = 1, seed = 0, frozen = [] }: Partial<TrainOptions> = {},
): Promise<number> {
  const trainer = await net.trainer({ loss: recipe, optimizer, frozen, clip: null });
  let last = NaN;
  for (let step = 0; step < steps; step++) last = (await trainer.step(batch, { lr, seed, step })).loss;
  return last;
}

describe('batchNorm in training', () => {
  it.each([
    ['[n, c]', [8, 3]],
    ['[n, c, h, w]', [4, 3, 2, 5]],
  ])('normalises %s by the batch, and moves the running statistics as PyTorch does', async (_, shape) => {
    const net = await begin(await open(nn.batchNorm(3, { momentum: 0.3 })), sgd());
    const size = shape.reduce((a, b) => a * b);
    const x = numbers(size).map((v) => v * 2 + 1);
    const inner = shape.slice(2).reduce((a, b) => a * b, 1);
    const channel = (i: number): number => Math.floor(i / inner) % 3;
    const moments = [0, 1, 2].map((c) => {
      const own = x.filter((__, i) => channel(i) === c);
      const mean = own.reduce((a, b) => a + b) / own.length;
      return { mean, variance: own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / own.length, count: own.length };
    });
    const trainer = await net.trainer({ loss: mse(), optimizer: sgd(), frozen: [], clip: null });
    const { outputs } = await trainer.step(batchOf({ input: float32(shape, x), target: float32(shape, x) }), {
      lr: 0,
      seed: 0,
      step: 0,
    });
    const expected = x.map((v, i) => (v - moments[channel(i)]!.mean) / Math.sqrt(moments[channel(i)]!.variance + 1e-5));
    expect(distance(values(outputs.get('output')), expected)).toBeLessThan(1e-5);
    const state = net.capture().net;
    expect(
      distance(
        values(state.get('norm1.running_mean')),
        moments.map(({ mean }) => 0.3 * mean),
      ),
    ).toBeLessThan(1e-6);
    const unbiased = moments.map(({ variance, count }) => 0.7 + (0.3 * variance * count) / (count - 1));
    expect(distance(values(state.get('norm1.running_var')), unbiased)).toBeLessThan(1e-5);
  });

  it('moves its buffers where its parameters are frozen, and captured ones stay as they were', async () => {
    const net = await begin(await open(nn.batchNorm(3)), sgd());
    const before = net.capture();
    const batch = batchOf({ input: float32([8, 3]), target: float32([8, 3]) });
    await train(net, batch, { frozen: ['norm1.weight', 'norm1.bias'], steps: 2 });
    expect(values(before.net.get('norm1.running_mean'))).toEqual([0, 0, 0]);
    expect(values(net.capture().net.get('norm1.running_mean'))).not.toEqual([0, 0, 0]);
    expect(net.capture().net.get('norm1.weight')!.data).toBe(before.net.get('norm1.weight')!.data);
  });
});

describe('dropout in training', () => {
  const shape = [100, 101];
  const batch = batchOf({ input: float32(shape, new Float32Array(10100).fill(1)), target: float32(shape) });
  const masksOf = async (seed: number, step: number): Promise<number[]> => {
    const net = await begin(await open(nn.sequential({ drop: nn.dropout(0.3) })), sgd());
    const trainer = await net.trainer({ loss: mse(), optimizer: sgd(), frozen: [], clip: null });
    return values((await trainer.step(batch, { lr: 0, seed, step })).outputs.get('output'));
  };

  it('drops the given share and scales the rest', async () => {
    const mask = await masksOf(1, 0);
    const kept = mask.filter((v) => v !== 0);
    // Six standard deviations of a binomial count.
    expect(Math.abs(kept.length - 7070)).toBeLessThan(6 * Math.sqrt(10100 * 0.3 * 0.7));
    expect(Math.max(...kept.map((v) => Math.abs(v - 1 / 0.7)))).toBeLessThan(1e-4);
    expect(new Set(kept).size).toBe(1);
  });

  it('drops neighbours, and the same place in the next step, independently', async () => {
    const [mask, next, again, other] = [
      await masksOf(1, 0),
      await masksOf(1, 1),
      await masksOf(1, 0),
      await masksOf(2, 0),
    ];
    const both = (a: number[], b: number[]): number => a.filter((v, i) => v === 0 && b[i] === 0).length / a.length;
    for (const pair of [both(mask, mask.slice(1)), both(mask, next), both(mask, other)])
      expect(Math.abs(pair - 0.09)).toBeLessThan(0.02);
    expect(again).toEqual(mask);
  });

  it('gives layers, and several dropouts in one layer, masks of their own', async () => {
    const twice = nn.graph((g, { input }) => ({ output: input, a: g.dropout(input, 0.5), b: g.dropout(input, 0.5) }));
    const net = await begin(await open(twice), sgd());
    const trainer = await net.trainer({ loss: mse(), optimizer: sgd(), frozen: [], clip: null });
    const { outputs } = await trainer.step(batch, { lr: 0, seed: 0, step: 0 });
    expect(values(outputs.get('a'))).not.toEqual(values(outputs.get('b')));
  });
});

describe('frozen parameters', () => {
  const net = nn.sequential({ first: nn.linear(4, 8), act: nn.tanh(), last: nn.linear(8, 2) });
  const batch = batchOf({ input: float32([5, 4]), target: float32([5, 2], numbers(10, 3)) });

  it('keep value, moments and step count, in the same memory, and go on from there as PyTorch’s do', async () => {
    const loaded = await begin(await open(net), adam());
    await train(loaded, batch, { optimizer: adam(), steps: 2 });
    const before = loaded.capture();
    await train(loaded, batch, { optimizer: adam(), steps: 3, frozen: ['first.weight', 'first.bias'] });
    const after = loaded.capture();
    expect(after.net.get('first.weight')!.data).toBe(before.net.get('first.weight')!.data);
    expect(after.optimizer!.tensors.get('first.weight/v')!.data).toBe(
      before.optimizer!.tensors.get('first.weight/v')!.data,
    );
    expect(after.optimizer!.scalars).toMatchObject({ 'first.weight/step': 2, 'last.weight/step': 5 });
  });

  it('need no gradient rule before them', async () => {
    // Reading sign's result stops a gradient; an operator without any rule would be an error, were a gradient wanted.
    const rounded = nn.graph((g, { input }) =>
      nn.apply(
        g,
        nn.linear(3, 2),
        g.op('Mod', [nn.apply(g, nn.linear(4, 3), input, 'a'), g.scalar(1)], { fmod: 1 }),
        'b',
      ),
    );
    const loaded = await begin(await open(rounded), sgd());
    await expect(train(loaded, batch)).rejects.toMatchObject({ code: 'NO_GRADIENT', op: 'Mod' });
    await train(loaded, batch, { frozen: ['a.weight', 'a.bias'] });
  });

  it('must exist', async () => {
    const loaded = await begin(await open(net), sgd());
    await expect(
      loaded.trainer({ loss: mse(), optimizer: sgd(), frozen: ['frist.weight'], clip: null }),
    ).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });
});

describe('a step', () => {
  it('moves a linear model along the closed-form gradient', async () => {
    const [x, t, w] = [numbers(12), numbers(4, 2), numbers(3, 3)];
    const loaded = await open(nn.linear(3, 1, { bias: false }));
    loaded.restore({ net: new Map([['linear1.weight', float32([1, 3], w)]]), optimizer: loaded.freshOptimizer(sgd()) });
    await train(loaded, batchOf({ input: float32([4, 3], x), target: float32([4, 1], t) }), { lr: 0.5 });
    const residual = [0, 1, 2, 3].map((n) => [0, 1, 2].reduce((sum, i) => sum + x[n * 3 + i]! * w[i]!, 0) - t[n]!);
    const expected = w.map((v, i) => v - 0.5 * residual.reduce((sum, r, n) => sum + (2 * r * x[n * 3 + i]!) / 4, 0));
    expect(distance(values(loaded.capture().net.get('linear1.weight')), expected)).toBeLessThan(1e-6);
  });

  it('leaves parameters alone that the loss doesn’t depend on', async () => {
    const net = nn.graph((g, { input }) => ({
      output: nn.apply(g, nn.linear(2, 2), input, 'used'),
      other: nn.apply(g, nn.linear(2, 2), input, 'unused'),
    }));
    const loaded = await begin(await open(net), sgd({ weightDecay: 0.5 }));
    const before = values(loaded.capture().net.get('unused.weight'));
    await train(loaded, batchOf({ input: float32([3, 2]), target: float32([3, 2]) }), {
      optimizer: sgd({ weightDecay: 0.5 }),
    });
    expect(values(loaded.capture().net.get('unused.weight'))).toEqual(before);
  });

  it('writes in place between captures, and elsewhere right after one', async () => {
    const loaded = await begin(await open(nn.linear(4, 2)), adam());
    const batch = batchOf({ input: float32([3, 4]), target: float32([3, 2]) });
    const memory = (): unknown => loaded.capture().net.get('linear1.weight')!.data.buffer;
    const first = memory();
    await train(loaded, batch, { optimizer: adam() });
    const second = memory();
    expect(second).not.toBe(first);
    expect(memory()).toBe(second);
    await train(loaded, batch, { optimizer: adam() });
    expect(memory()).not.toBe(second);
  });

  it('says which operator has no gradient, and in which layer', async () => {
    const net = nn.graph((g, { input }) =>
      g.scope('odd', () => g.op('Mod', [nn.apply(g, nn.linear(2, 2), input), g.scalar(1)], { fmod: 1 })),
    );
    const loaded = await begin(await open(net), sgd());
    await expect(train(loaded, batchOf({ input: float32([1, 2]), target: float32([1, 2]) }))).rejects.toThrow(
      /No gradient is known for Mod in layer 'odd'/,
    );
  });
});

describe('what doesn’t fit', () => {
  it('is refused with what was expected', async () => {
    const mlp = await open(nn.sequential({ hidden: nn.linear(784, 4), act: nn.relu() }));
    await expect(mlp.evaluate(batchOf({ x: float32([2, 784]) }), null)).rejects.toThrow(
      /reads 'input'.*Expected input: float32 \[batch, 784\]/,
    );
    await expect(mlp.evaluate(batchOf({ input: float32([2, 783]) }), null)).rejects.toThrow(
      /input: float32 \[2, 783\]\. Expected input: float32 \[batch, 784\].*layer 'hidden'/,
    );
    const bytes = tensor('uint8', [2, 784], new Uint8Array(1568));
    await expect(mlp.evaluate(batchOf({ input: bytes }), null)).rejects.toMatchObject({ code: 'DATA_MISMATCH' });
    const cnn = await open(nn.conv2d(3, 8, 3));
    await expect(cnn.evaluate(batchOf({ input: float32([2, 4, 8, 8]) }), null)).rejects.toThrow(
      /Expected input: float32 \[batch, 3, height, width\]/,
    );
  });

  it('in a state is refused by name', async () => {
    const net = await open(nn.linear(2, 2));
    expect(() => net.restore({ net: new Map(), optimizer: null })).toThrow(
      /'linear1.weight' is missing; expected float32 \[2, 2\]/,
    );
    const wrong = new Map([...net.initialize(0), ['linear1.bias', float32([3])] as const]);
    expect(() => net.restore({ net: wrong, optimizer: null })).toThrow(
      /'linear1.bias' is float32 \[3\]; expected float32 \[2\]/,
    );
  });

  it('as a component is refused by its kind', async () => {
    const net = await begin(await open(nn.linear(2, 2)), sgd());
    await expect(
      net.trainer({ loss: mse(), optimizer: component('optimizer', 'lion'), frozen: [], clip: null }),
    ).rejects.toThrow(/no optimizer 'lion'/);
    await expect(
      train(net, batchOf({ input: float32([1, 2]), target: float32([1, 2]) }), { loss: component('loss', 'triplet') }),
    ).rejects.toThrow(/no loss 'triplet'/);
    await expect(train(net, batchOf({ input: float32([1, 2]) }))).rejects.toThrow(
      /mse reads 'target', and the batch has 'input'/,
    );
  });

  it('as a builder’s result is refused', () => {
    expect(() => onnx(() => 3 as never).describe(undefined)).toThrow(/must return a layer or nn.graph/);
  });
});

describe('a description', () => {
  it('gives a recipe that depends on the net alone', async () => {
    const engine = onnx((h: { width: number }) => nn.sequential({ a: nn.linear(4, h.width), act: nn.relu() }));
    expect(await engine.describe({ width: 3 })).toEqual(await engine.describe({ width: 3 }));
    expect(await engine.describe({ width: 3 })).not.toEqual(await engine.describe({ width: 4 }));
  });
});

describe('a description that was stored', () => {
  it('is read back to the same net', async () => {
    const net = nn.sequential({
      scale: nn.normalize({ mean: [1, 2], std: 3 }),
      norm: nn.layerNorm(2),
      head: nn.linear(2, 1),
    });
    const original = await open(net, { seed: 2 });
    const description = decode(encode(original.description as unknown as Plain)) as unknown as NetDescription;
    expect(description).toEqual(original.description);
    const copy = await onnx(() => net).load(description, { threads: 1 });
    copy.restore({ net: copy.initialize(2), optimizer: null });
    const batch = batchOf({ input: float32([3, 2]) });
    expect((await copy.evaluate(batch, null)).outputs).toEqual((await original.evaluate(batch, null)).outputs);
  });
});

describe('hparams', () => {
  it('are typed by the builder', async () => {
    const engine = onnx((h: { readonly width: number }) => nn.linear(4, h.width));
    expect((await engine.describe({ width: 3 })).parameters[0]!.shape).toEqual([3, 4]);
    // @ts-expect-error the builder wants a width
    expect(() => engine.describe({ depth: 3 })).toThrow(/outputs must be a whole number/);
  });
});

describe('several threads', () => {
  it('give the same bits in every run', async () => {
    const run = async (): Promise<unknown> => {
      const net = nn.sequential({
        a: nn.linear(256, 128),
        n: nn.batchNorm(128),
        d: nn.dropout(0.2),
        b: nn.linear(128, 4),
      });
      const loaded = await begin(await open(net, { threads: 2 }), adam());
      const batch = batchOf({
        input: float32([64, 256]),
        target: tensor(
          'uint8',
          [64],
          Uint8Array.from({ length: 64 }, (_, i) => i % 4),
        ),
      });
      await train(loaded, batch, { optimizer: adam(), loss: crossEntropy(), lr: 0.01, steps: 20 });
      const state = loaded.capture();
      await loaded.dispose();
      return state;
    };
    expect(await run()).toEqual(await run());
  });
});

describe('batches of many sizes', () => {
  it('are all taken, and programs that were dropped for others are compiled again', async () => {
    const loaded = await open(nn.linear(2, 1));
    const lossOf = async (n: number): Promise<number | null> => {
      const batch = batchOf({ input: float32([n, 2]), target: float32([n, 1], new Float32Array(n)) });
      return (await loaded.evaluate(batch, mse())).loss;
    };
    const first = await lossOf(1);
    for (let n = 2; n < 40; n++) expect(await lossOf(n)).toBeGreaterThan(0);
    expect(await lossOf(1)).toBe(first);
  });
});

describe('the exported model', () => {
  it('gives the same outputs in onnxruntime by itself, for any number of samples', async () => {
    const net = nn.sequential({
      scale: nn.normalize({ mean: 128, std: 64 }),
      conv: nn.conv2d(2, 4, 3, { padding: 1 }),
      norm: nn.batchNorm(4),
      act: nn.gelu(),
      pool: nn.maxPool2d(2),
      drop: nn.dropout(0.5),
      flat: nn.flatten(),
      head: nn.linear(4 * 9, 3),
    });
    const loaded = await begin(await open(net), adam());
    const image = (n: number): ReturnType<typeof tensor> =>
      tensor(
        'uint8',
        [n, 2, 6, 6],
        Uint8Array.from(numbers(n * 72, n), (v) => (v + 1) * 127),
      );
    const batch = batchOf({ input: image(8), target: tensor('int32', [8], Int32Array.from([0, 1, 2, 0, 1, 2, 0, 1])) });
    await train(loaded, batch, { optimizer: adam(), loss: crossEntropy(), lr: 0.01, steps: 5 });
    const session = await ort.InferenceSession.create(await loaded.exports['onnx']!({ dtypes: { input: 'uint8' } }), {
      intraOpNumThreads: 1,
    });
    expect(session.inputNames).toEqual(['input']);
    expect(session.outputNames).toEqual(['output']);
    for (const n of [1, 5]) {
      const { outputs } = await loaded.evaluate(batchOf({ input: image(n) }), null);
      const { output } = await session.run({
        input: new ort.Tensor('uint8', image(n).data as Uint8Array, [n, 2, 6, 6]),
      });
      expect(output!.dims).toEqual([n, 3]);
      expect(distance(output!.data as Float32Array, values(outputs.get('output')))).toBeLessThan(1e-5);
    }
    await session.release();
  });

  it('is the same before the net ever ran, whatever its first layer tells of the shape', async () => {
    const loaded = await open(nn.linear(3, 2));
    const session = await ort.InferenceSession.create(await loaded.exports['onnx']!({}));
    const { output } = await session.run({ input: new ort.Tensor('float32', new Float32Array(6), [2, 3]) });
    expect(output!.dims).toEqual([2, 2]);
    await session.release();
    const shapeless = await open(nn.sequential(nn.flatten(), nn.linear(4, 2)));
    const before = await shapeless.exports['onnx']!({});
    const any = await ort.InferenceSession.create(before);
    const run = await any.run({ input: new ort.Tensor('float32', new Float32Array(12), [3, 2, 2]) });
    expect(run['output']!.dims).toEqual([3, 2]);
    await any.release();
    await shapeless.evaluate(new Map([['input', tensor('float32', [1, 2, 2], Float32Array.of(1, 2, 3, 4))]]), null);
    expect(await shapeless.exports['onnx']!({})).toEqual(before);
  });
});
