import { describe, expect, expectTypeOf, test } from 'vitest';
import { accuracy, checkMetrics, type Metric, metric, MetricInput, type Tensor, topK } from '../../src/index.js';

const largest = () =>
  metric('largestError', {
    mode: 'min',
    init: () => 0,
    update: (acc, { output, target }) => Math.max(acc, Math.abs(Number(output.data[0]) - Number(target.data[0]))),
    result: (acc) => acc,
  });

const input = (output: number, target: number): MetricInput => {
  const tensor = (value: number): Tensor => ({ dtype: 'float32', shape: [1], data: Float32Array.of(value) });
  return new MetricInput(new Map([['y', tensor(output)]]), new Map([['target', tensor(target)]]), 'y');
};

describe("a metric of one's own", () => {
  test('accumulates over batches', () => {
    const own = largest();
    expect(
      own.result(
        [input(1, 2), input(5, 1), input(0, 0)].reduce<number>((acc, each) => own.update(acc, each), own.init()),
      ),
    ).toBe(4);
  });

  test('is identified by its name, its mode and its three functions, with what they close over', () => {
    const deps = { scale: 2 };
    const own = metric(
      'm',
      { mode: 'max', init: () => 0, update: (acc) => acc + deps.scale, result: (acc) => acc },
      { deps },
    );
    const { kind, args } = own.identity;
    expect(kind).toBe('custom');
    expect(args['update']).toMatchObject({ type: 'function', deps });
    expect(Object.keys(args)).toEqual(['name', 'mode', 'init', 'update', 'result']);
  });

  test('has to return its accumulator', () => {
    const forgets = metric('m', {
      mode: 'max',
      init: () => [0],
      update: () => undefined as never,
      result: ([n]) => n!,
    });
    expect(() => forgets.update([0], input(1, 1))).toThrow(/returns the accumulator/);
  });

  test('infers its name and the type of its accumulator', () => {
    expectTypeOf(largest()).toEqualTypeOf<Metric<'largestError', number>>();
    expectTypeOf(topK(3).name).toEqualTypeOf<'top3'>();
  });

  test.each([
    [
      'the name loss',
      () => metric('loss', { mode: 'min', init: () => 0, update: (a) => a, result: (a) => a }),
      /'loss', which is always there/,
    ],
    [
      'an empty name',
      () => metric('', { mode: 'min', init: () => 0, update: (a) => a, result: (a) => a }),
      /name must be/,
    ],
    ['no mode', () => metric('m', { init: () => 0 } as never), /mode must be "min" or "max"/],
    ['an unknown part', () => metric('m', { mode: 'min', compute: () => 0 } as never), /no option 'compute'/],
  ])('is refused with %s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe('a list of metrics', () => {
  test.each([
    ['the same name twice', [accuracy(), accuracy()], /a name of its own, and got "accuracy"/],
    ['a maker that was not called', [accuracy], /called: accuracy\(\)/],
    ['a name', ['accuracy'], /metrics\[0\] must be a metric/],
    ['no list', accuracy(), /an array of metrics/],
  ])('is refused with %s', (_, list, message) => {
    expect(() => checkMetrics('train()', list)).toThrow(message);
  });
});
