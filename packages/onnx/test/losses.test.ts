import { binaryCrossEntropy, crossEntropy, huber, l1, mse, sgd } from '@reprise/core';
import type { Recipe, Tensor } from '@reprise/core';
import { loss, nn } from '@reprise/onnx';
import { describe, expect, it } from 'vitest';
import { batchOf, distance, float32, numbers, open, tensor, values } from './support.js';

/** A net whose output is its parameter, so that a step of sgd at rate 1 shows the loss's gradient. */
function lossAndGradient(
  recipe: Recipe,
  output: Tensor,
  target: Tensor,
): Promise<{ loss: number; gradient: number[] }> {
  const net = nn.graph((g, { input }) =>
    g.add(g.parameter('y', output.shape, { kind: 'zeros', args: {} }), g.mul(input, 0)),
  );
  return open(net).then(async (loaded) => {
    loaded.restore({ net: new Map([['y', output]]), optimizer: loaded.freshOptimizer(sgd()) });
    const trainer = await loaded.trainer({ loss: recipe, optimizer: sgd(), frozen: [], clip: null });
    const step = await trainer.step(batchOf({ input: float32([1], [0]), target }), { lr: 1, seed: 0, step: 0 });
    const after = values(loaded.capture().net.get('y'));
    await loaded.dispose();
    return { loss: step.loss, gradient: values(output).map((value, i) => value - after[i]!) };
  });
}

/** The loss in double precision, and its gradient by central differences of it. */
function numeric(formula: (y: readonly number[]) => number, output: Tensor): { loss: number; gradient: number[] } {
  const y = values(output);
  const h = 1e-6;
  const at = (i: number, by: number): number => formula(y.map((value, j) => (i === j ? value + by : value)));
  return { loss: formula(y), gradient: y.map((_, i) => (at(i, h) - at(i, -h)) / (2 * h)) };
}

async function compare(
  recipe: Recipe,
  output: Tensor,
  target: Tensor,
  formula: (y: readonly number[]) => number,
): Promise<void> {
  const found = await lossAndGradient(recipe, output, target);
  const expected = numeric(formula, output);
  expect(Math.abs(found.loss - expected.loss)).toBeLessThan(2e-6 * Math.max(1, Math.abs(expected.loss)));
  expect(distance(found.gradient, expected.gradient)).toBeLessThan(2e-6);
}

function logSoftmax(row: readonly number[]): number[] {
  const total = Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0));
  return row.map((v) => v - total);
}

const logits = float32(
  [4, 3],
  numbers(12).map((v) => v * 3),
);
const classes = [2, 0, 1, 2];
const rows = (y: readonly number[]): number[][] => [0, 1, 2, 3].map((n) => y.slice(n * 3, n * 3 + 3));

describe('crossEntropy', () => {
  it.each([
    ['uint8', Uint8Array.from(classes)],
    ['int32', Int32Array.from(classes)],
    ['int64', BigInt64Array.from(classes, BigInt)],
  ] as const)('takes class indices as %s', async (dtype, data) => {
    await compare(crossEntropy(), logits, tensor(dtype, [4], data), (y) =>
      rows(y).reduce((sum, row, n) => sum - logSoftmax(row)[classes[n]!]! / 4, 0),
    );
  });

  it('takes distributions', async () => {
    const target = [0.2, 0.3, 0.5, 1, 0, 0, 0, 0.5, 0.5, 0.1, 0.1, 0.8];
    await compare(crossEntropy(), logits, float32([4, 3], target), (y) =>
      rows(y).reduce((sum, row, n) => sum - logSoftmax(row).reduce((s, v, c) => s + v * target[n * 3 + c]!, 0) / 4, 0),
    );
  });

  it('spreads a part of each target over all classes', async () => {
    await compare(crossEntropy({ labelSmoothing: 0.3 }), logits, tensor('int32', [4], Int32Array.from(classes)), (y) =>
      rows(y).reduce(
        (sum, row, n) => sum - logSoftmax(row).reduce((s, v, c) => s + v * ((c === classes[n] ? 0.7 : 0) + 0.1), 0) / 4,
        0,
      ),
    );
  });

  it('weights classes, and the mean by them, as PyTorch does', async () => {
    const weight = [0.5, 2, 1];
    const total = classes.reduce((sum, c) => sum + weight[c]!, 0);
    for (const smoothing of [0, 0.2]) {
      await compare(
        crossEntropy({ weight, labelSmoothing: smoothing }),
        logits,
        tensor('int32', [4], Int32Array.from(classes)),
        (y) =>
          rows(y).reduce((sum, row, n) => {
            const each = logSoftmax(row).map((v, c) => -v * weight[c]!);
            const smooth = each.reduce((a, b) => a + b) * (smoothing / 3);
            return sum + ((1 - smoothing) * each[classes[n]!]! + smooth) / total;
          }, 0),
      );
    }
  });

  it('tells the weight that its mean is over, with which the mean over an epoch is the same for any batches', async () => {
    const weight = [0.5, 2, 1];
    const recipe = crossEntropy({ weight });
    const loaded = await open(nn.graph((_, { input }) => input));
    const of = (from: number, to: number): Promise<{ readonly loss: number | null; readonly weight?: number }> =>
      loaded.evaluate(
        batchOf({
          input: float32([to - from, 3], values(logits).slice(from * 3, to * 3)),
          target: tensor('int32', [to - from], Int32Array.from(classes.slice(from, to))),
        }),
        recipe,
      );
    const [whole, first, rest] = [await of(0, 4), await of(0, 1), await of(1, 4)];
    expect([whole.weight, first.weight, rest.weight]).toEqual([4.5, 1, 3.5]);
    expect((first.loss! * 1 + rest.loss! * 3.5) / 4.5).toBeCloseTo(whole.loss!, 6);
    const plain = await loaded.evaluate(
      batchOf({ input: logits, target: tensor('int32', [4], Int32Array.from(classes)) }),
      crossEntropy(),
    );
    expect(plain).not.toHaveProperty('weight');
    await loaded.dispose();
  });

  it('takes the classes on the last dimension of sequences', async () => {
    const output = float32([2, 2, 3], values(logits));
    await compare(crossEntropy(), output, tensor('int32', [2, 2], Int32Array.from(classes)), (y) =>
      rows(y).reduce((sum, row, n) => sum - logSoftmax(row)[classes[n]!]! / 4, 0),
    );
  });

  it('stays finite for logits of any size', async () => {
    const { loss: value } = await lossAndGradient(
      crossEntropy(),
      float32([1, 2], [1000, -1000]),
      tensor('int32', [1], Int32Array.of(1)),
    );
    expect(value).toBe(2000);
  });

  it('refuses targets of another shape or kind, and classes that are not there', async () => {
    const refused = (target: Tensor): Promise<unknown> => lossAndGradient(crossEntropy(), logits, target);
    await expect(refused(tensor('int32', [3], new Int32Array(3)))).rejects.toThrow(
      /target is int32 \[3\]; expected whole numbers \[4\]/,
    );
    await expect(refused(float32([4], [0, 1, 2, 0]))).rejects.toMatchObject({ code: 'DATA_MISMATCH' });
    await expect(refused(tensor('int32', [4], Int32Array.of(0, 1, 3, 0)))).rejects.toThrow(
      /target at 2 is 3; expected a class from 0 to 2/,
    );
    await expect(refused(tensor('int32', [4], Int32Array.of(0, -1, 1, 0)))).rejects.toMatchObject({
      code: 'DATA_MISMATCH',
    });
  });
});

describe('binaryCrossEntropy', () => {
  const output = float32(
    [3, 2],
    numbers(6).map((v) => v * 4),
  );
  const target = [0, 1, 1, 0.3, 0, 1];
  const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
  const formula = (y: readonly number[], weight: (i: number) => number = () => 1): number =>
    y.reduce(
      (sum, v, i) => sum - weight(i) * target[i]! * Math.log(sigmoid(v)) - (1 - target[i]!) * Math.log(1 - sigmoid(v)),
      0,
    ) / 6;

  it('takes logits', () => compare(binaryCrossEntropy(), output, float32([3, 2], target), formula));

  it('weights the positive answer, for all outputs or for each', async () => {
    await compare(binaryCrossEntropy({ posWeight: 3 }), output, float32([3, 2], target), (y) => formula(y, () => 3));
    await compare(binaryCrossEntropy({ posWeight: [3, 0.5] }), output, float32([3, 2], target), (y) =>
      formula(y, (i) => [3, 0.5][i % 2]!),
    );
  });

  it('takes probabilities, with logarithms of at least −100', async () => {
    const p = float32([2, 2], [0.1, 0.9, 0.5, 0.7]);
    const t = [0, 1, 1, 0];
    await compare(
      binaryCrossEntropy({ fromLogits: false }),
      p,
      float32([2, 2], t),
      (y) => y.reduce((sum, v, i) => sum - t[i]! * Math.log(v) - (1 - t[i]!) * Math.log(1 - v), 0) / 4,
    );
    const edge = await lossAndGradient(
      binaryCrossEntropy({ fromLogits: false }),
      float32([1, 2], [0, 1]),
      float32([1, 2], [1, 1]),
    );
    expect(edge.loss).toBe(50);
  });

  it('has the gradient of PyTorch where a probability is exactly 0 or 1', async () => {
    const p = [0, 0, 1, 1, 0, 1];
    const t = [1, 0, 1, 0, 0.25, 0.25];
    const { gradient } = await lossAndGradient(
      binaryCrossEntropy({ fromLogits: false }),
      float32([3, 2], p),
      float32([3, 2], t),
    );
    // ATen: (x − t) / max((1 − x)·x, 1e-12), here over 6 elements.
    p.forEach((x, i) => {
      const expected = (x - t[i]!) / Math.max((1 - x) * x, 1e-12) / 6;
      expect(Math.abs(gradient[i]! - expected)).toBeLessThan(Math.max(1, Math.abs(expected) * 1e-5));
    });
  });

  it('stays finite for logits of any size', async () => {
    const { loss: value } = await lossAndGradient(
      binaryCrossEntropy(),
      float32([1, 2], [200, -300]),
      float32([1, 2], [0, 1]),
    );
    expect(value).toBe(250);
  });
});

describe('regression losses', () => {
  const output = float32(
    [4, 2],
    numbers(8).map((v) => v * 3),
  );
  const t = numbers(8, 9);
  const target = float32([4, 2], t);
  const mean = (each: (d: number) => number) => (y: readonly number[]) =>
    y.reduce((sum, v, i) => sum + each(v - t[i]!), 0) / 8;

  it('mse', () =>
    compare(
      mse(),
      output,
      target,
      mean((d) => d * d),
    ));
  it('l1', () => compare(l1(), output, target, mean(Math.abs)));
  it('huber', () =>
    compare(
      huber({ delta: 0.8 }),
      output,
      target,
      mean((d) => (Math.abs(d) < 0.8 ? (d * d) / 2 : 0.8 * (Math.abs(d) - 0.4))),
    ));

  it('take whole-number targets, and refuse to broadcast shapes', async () => {
    await compare(
      mse(),
      float32([2, 1], [1, 2]),
      tensor('int32', [2, 1], Int32Array.of(3, 5)),
      ([a, b]) => ((a! - 3) ** 2 + (b! - 5) ** 2) / 2,
    );
    await expect(lossAndGradient(mse(), float32([2, 1], [1, 2]), float32([2], [3, 5]))).rejects.toThrow(
      /expected the shape of the net's output, \[2, 1\]/,
    );
  });
});

describe('a loss of one’s own', () => {
  it('is written in graph operators, and its gradient is derived', async () => {
    const cubic = loss('cubic', (g, { output }, { target }) => g.reduceMean(g.pow(g.abs(g.sub(output!, target!)), 3)));
    const t = numbers(6, 4);
    await compare(
      cubic,
      float32([3, 2], numbers(6)),
      float32([3, 2], t),
      (y) => y.reduce((sum, v, i) => sum + Math.abs(v - t[i]!) ** 3, 0) / 6,
    );
  });

  it('reads any tensor of the batch', async () => {
    const weighted = loss('weighted', (g, { output }, { target, weight }) =>
      g.reduceMean(g.mul(g.abs(g.sub(output!, target!)), weight!)),
    );
    const loaded = await open(nn.graph((_, { input }) => input));
    const batch = batchOf({
      input: float32([2], [1, 2]),
      target: float32([2], [0, 0]),
      weight: float32([2], [10, 100]),
    });
    expect((await loaded.evaluate(batch, weighted)).loss).toBe(105);
  });

  it('is refused where it is no single number', async () => {
    const each = loss('each', (g, { output }, { target }) => g.sub(output!, target!));
    await expect(lossAndGradient(each, float32([2], [1, 2]), float32([2], [1, 2]))).rejects.toThrow(
      /A loss must be one float number/,
    );
  });
});
