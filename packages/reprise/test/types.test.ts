import { accuracy, arrays, crossEntropy, metric, Model, topK, type Block, type ObjectiveScores } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { expectTypeOf, test } from 'vitest';

const data = arrays({ input: { data: new Float32Array(4), shape: [2] }, target: new Uint8Array(2) });
const own = metric('own', { mode: 'max', init: () => 0, update: (sum) => sum + 1, result: (sum) => sum });

/** Type-checked, never run. */
const checked = (check: (cp: Block) => unknown): void => void check;

test('names of metrics are inferred into histories, scores and watch', () => {
  checked(async (cp) => {
    const result = await cp.train(data, data, { epochs: 1, metrics: [accuracy(), topK(5), own], watch: 'own' });
    expectTypeOf(result.history[0]!.train).toEqualTypeOf<
      { readonly loss: number } & ObjectiveScores & { readonly [N in 'accuracy' | 'top5' | 'own']: number }
    >();
    expectTypeOf(result.history[0]!.train.accuracy).toBeNumber();
    expectTypeOf(result.history[0]!.val?.accuracy).toEqualTypeOf<number | undefined>();
    expectTypeOf(result.initial?.loss).toEqualTypeOf<number | undefined>();
    // @ts-expect-error no such metric was given
    void result.history[0]!.train.f1;
    // @ts-expect-error nor can it be watched
    await cp.train(data, data, { epochs: 1, metrics: [accuracy()], watch: 'top5' });
    const score = await cp.evaluate(data, { metrics: [accuracy()] });
    expectTypeOf(score.accuracy).toBeNumber();
    // @ts-expect-error no such metric was given
    void score.top5;
  });
});

test('validation scores may be missing also where validation data is given: a record may be replayed that was made without', () => {
  checked(async (cp) => {
    const result = await cp.train(data, data, { epochs: 1 });
    // @ts-expect-error
    void result.initial.loss;
    // @ts-expect-error
    void result.history[0]!.val.loss;
  });
});

test('components stand where they belong', () => {
  checked(async (cp) => {
    // @ts-expect-error a loss is no optimizer
    await cp.setup({ optimizer: crossEntropy() });
    // @ts-expect-error an unknown option
    await cp.setup({ optimiser: crossEntropy() });
  });
});

test('hparams have the type that the builder takes', () => {
  const net = onnx((h: { width: number }) => nn.linear(2, h.width));
  checked(() => Model.open('typed', net, { hparams: { width: 3 } }));
  // @ts-expect-error a width is a number
  checked(() => Model.open('typed', net, { hparams: { width: '3' } }));
  // @ts-expect-error the builder needs hparams
  checked(() => Model.open('typed', net));
  checked(() =>
    Model.open(
      'untyped',
      onnx(() => nn.linear(2, 3)),
    ),
  );
});

test('what a cached function returns is what the call returns', () => {
  checked(async (cp) => {
    const found = await cp.cached('sum', { data, times: 2 }, async ({ times }) => ({ sum: times * 2, names: ['a'] }));
    expectTypeOf(found).toEqualTypeOf<{ sum: number; names: string[] }>();
  });
});

test('a block returns the type of its value', () => {
  checked(async () => {
    const model = await Model.open(
      'block',
      onnx(() => nn.linear(2, 3)),
    );
    expectTypeOf(await model.checkpoint(1, () => 42)).toBeNumber();
    expectTypeOf(await model.checkpoint(1, async (cp) => (await cp.evaluate(data)).loss)).toEqualTypeOf<
      number | undefined
    >();
  });
});
