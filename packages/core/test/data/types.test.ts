import { describe, expectTypeOf, it } from 'vitest';
import { arrays } from '../../src/index.js';
import type { DataSource, Dataset } from '../../src/index.js';

describe('types of data sets', () => {
  const digits = arrays({ input: { data: new Float32Array(4), shape: [2] }, target: new Uint8Array(2) });

  it('know what a sample holds, through map, subset and split', () => {
    const [part] = digits.split(0.5, 0);
    part.subset([0]).map(({ input, target }) => {
      expectTypeOf(input.data).toExtend<Float32Array>();
      expectTypeOf<Parameters<Parameters<typeof part.map>[0]>[0]>().not.toHaveProperty('output');
      expectTypeOf(target.data).toExtend<Uint8Array>();
      return { input };
    });
    const mapped = digits.map(async () => ({ both: Float64Array.of(1, 2), label: 3 }));
    mapped.map(({ both, label }) => {
      expectTypeOf(both.data).toExtend<Float64Array>();
      expectTypeOf(label.data).toExtend<Int32Array>();
      return { both };
    });
    // @ts-expect-error: a string is no value of a sample
    digits.map(() => ({ input: 'x' }));
  });

  it('let any data set go where data are asked for', () => {
    expectTypeOf(digits).toExtend<Dataset>();
    expectTypeOf(digits).toExtend<DataSource>();
  });
});
