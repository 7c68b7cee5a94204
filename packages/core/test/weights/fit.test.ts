import { describe, expect, test } from 'vitest';
import { OptionError } from '../../src/errors/option-error.js';
import type { ParameterSpec } from '../../src/ports/engine.js';
import type { Tensor } from '../../src/values/tensor.js';
import { fitWeights, leftOutSaid } from '../../src/weights/fit.js';
import { type LoadWeightsOptions, parseLoadOptions } from '../../src/weights/load-options.js';
import { givenWeights, type Weights } from '../../src/weights/weights.js';
import { WeightsError } from '../../src/weights/weights-error.js';

const spec = (name: string, ...shape: number[]): ParameterSpec => ({
  name,
  dtype: 'float32',
  shape,
  kind: 'parameter',
});
const floats = (count: number, of = 1): Float32Array => new Float32Array(count).fill(of);
const tensor = (count: number, ...shape: number[]): Tensor => ({ dtype: 'float32', shape, data: floats(count) });

const net = [
  spec('backbone.a.weight', 2, 3),
  spec('backbone.a.bias', 2),
  spec('head.weight', 4, 2),
  spec('head.bias', 4),
];
const whole: Weights = {
  'backbone.a.weight': tensor(6, 2, 3),
  'backbone.a.bias': tensor(2, 2),
  'head.weight': tensor(8, 4, 2),
  'head.bias': tensor(4, 4),
};

function fit(weights: Weights, options: LoadWeightsOptions = {}): ReturnType<typeof fitWeights> {
  return fitWeights('load()', 'it', givenWeights('load()', 'dict', weights), net, parseLoadOptions('load()', options));
}

function errorOf(make: () => unknown): unknown {
  try {
    make();
  } catch (error) {
    return error;
  }
  throw new Error('It threw nothing.');
}

describe('weights that are the net’s', () => {
  test('go where they belong, in the order of the net', () => {
    const { tensors, report } = fit(Object.fromEntries(Object.entries(whole).reverse()));
    expect([...tensors.keys()]).toEqual(net.map(({ name }) => name));
    expect(report).toEqual({ loaded: net.map(({ name }) => name), missing: [], unexpected: [], mismatched: [] });
    expect(leftOutSaid(report)).toBeNull();
  });

  test('may come in a Map, and as typed arrays, which take the shape of the net', () => {
    const arrays = Object.entries(whole as { readonly [name: string]: Tensor }).map(
      ([name, { data }]) => [name, data] as const,
    );
    for (const given of [new Map(arrays) as Weights, Object.fromEntries(arrays) as Weights]) {
      const { tensors } = fit(given);
      expect(tensors.get('head.weight')).toMatchObject({ dtype: 'float32', shape: [4, 2] });
    }
  });
});

describe('weights that are not', () => {
  test('are refused with all names, each with its nearest', () => {
    const error = errorOf(() =>
      fit({
        'backbone.a.weight': tensor(6, 3, 2),
        'backbone.a.bias': { dtype: 'float64', shape: [2], data: new Float64Array(2) },
        'heads.weight': tensor(8, 4, 2),
        'other.scale': tensor(1, 1),
      }),
    ) as WeightsError;
    expect(error).toBeInstanceOf(WeightsError);
    expect(error).toMatchObject({
      code: 'WEIGHTS_MISMATCH',
      missing: ['head.weight', 'head.bias'],
      unexpected: ['heads.weight', 'other.scale'],
      mismatched: [
        { name: 'backbone.a.weight', expected: 'float32 [2, 3]', found: 'float32 [3, 2]' },
        { name: 'backbone.a.bias', expected: 'float32 [2]', found: 'float64 [2]' },
      ],
    });
    for (const said of ['head.weight (perhaps heads.weight)', 'head.bias', 'other.scale', 'float64 [2] given']) {
      expect(error.message).toContain(said);
    }
    expect(error.message).toContain('0 of 4 would fit');
  });

  test('are loaded so far as they fit where strict is false, and what was left out is said', () => {
    const { 'head.bias': _, ...others } = whole as { readonly [name: string]: Tensor };
    const { tensors, report } = fit(
      { ...others, 'head.weight': tensor(10, 5, 2), extra: tensor(1, 1) },
      { strict: false },
    );
    expect([...tensors.keys()]).toEqual(['backbone.a.weight', 'backbone.a.bias']);
    expect(report).toEqual({
      loaded: ['backbone.a.weight', 'backbone.a.bias'],
      missing: ['head.bias'],
      unexpected: ['extra'],
      mismatched: [{ name: 'head.weight', expected: 'float32 [4, 2]', found: 'float32 [5, 2]' }],
    });
    expect(leftOutSaid(report)).toMatch(/head\.bias.*head\.weight.*extra/);
  });
});

describe('rename', () => {
  test('puts what a star stood for in the place of the star on the right, by the first rule that fits', () => {
    const { report } = fit(
      {
        'module.enc.a.weight': tensor(6, 2, 3),
        'module.enc.a.bias': tensor(2, 2),
        'module.fc.weight': tensor(8, 4, 2),
        'module.fc.bias': tensor(4, 4),
      },
      { rename: { 'module.enc.*': 'backbone.*', 'module.fc.*': 'head.*', 'module.*': '*' } },
    );
    expect(report.loaded).toHaveLength(4);
  });

  test('keeps several stars in their order', () => {
    const { report } = fit(
      { 'enc1.layer_a.weight': floats(6), 'enc1.layer_b.bias': floats(2) },
      { rename: { 'enc*.layer_*.*': 'backbone.*.*.*' }, only: ['backbone.*'], strict: false },
    );
    expect(report.unexpected).toEqual(['backbone.1.a.weight', 'backbone.1.b.bias']);
  });

  test('takes a dot for a dot', () => {
    expect(errorOf(() => fit(whole, { rename: { headxweight: 'a' } }))).toBeInstanceOf(OptionError);
  });

  test('refuses a rule that names nothing, and two names that become one', () => {
    const idle = errorOf(() => fit(whole, { rename: { 'heads.*': 'head.*' } })) as OptionError;
    expect(idle.message).toContain("rename: 'heads.*' names nothing in it");
    const both = errorOf(() => fit(whole, { rename: { 'backbone.a.bias': 'head.bias' } })) as OptionError;
    expect(both.message).toContain("makes 'head.bias' of both 'backbone.a.bias' and 'head.bias'");
  });
});

describe('only and except', () => {
  test('choose by the names of the net, and the rest need not be given', () => {
    const backbone = Object.fromEntries(Object.entries(whole).filter(([name]) => name.startsWith('backbone')));
    expect(fit(backbone, { only: ['backbone.*'] }).report.loaded).toHaveLength(2);
    expect(fit(backbone, { except: ['head.*'] }).report.loaded).toHaveLength(2);
    expect(fit(whole, { only: ['backbone.*', 'head.*'], except: ['*.bias'] }).report.loaded).toEqual([
      'backbone.a.weight',
      'head.weight',
    ]);
  });

  test('leave out what only the source has', () => {
    expect(fit({ ...whole, 'fc.weight': tensor(1, 1) }, { except: ['fc.*'] }).report.unexpected).toEqual([]);
  });

  test('refuse a pattern that names nothing on either side', () => {
    expect((errorOf(() => fit(whole, { only: ['backbon.*'] })) as OptionError).message).toContain('backbone');
  });
});

test.each([
  ['a dict that is none', 5],
  ['a value that is no tensor', { 'head.bias': [1, 2] }],
  ['a shape that its numbers contradict', { 'head.bias': { dtype: 'float32', shape: [5], data: floats(4) } }],
  ['a type that its array contradicts', { 'head.bias': { dtype: 'int32', shape: [4], data: floats(4) } }],
  ['a clamped array', { 'head.bias': new Uint8ClampedArray(4) }],
])('%s is refused', (_, weights) => {
  expect(() => fit(weights as unknown as Weights)).toThrow(OptionError);
});

test.each([
  [{ strict: 1 }],
  [{ rename: ['a'] }],
  [{ rename: { 'a.*': '*.*' } }],
  [{ rename: { a: 3 } }],
  [{ only: 'a' }],
  [{ except: [''] }],
])('the options %j are refused', (options) => {
  expect(() => parseLoadOptions('load()', options as unknown as LoadWeightsOptions)).toThrow(OptionError);
});
