import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  accuracy,
  frozenNames,
  meanAbsoluteError,
  metric,
  type MetricNames,
  type ObjectiveScores,
  type NetDescription,
  parseTrainOptions,
  type Metric,
  type TrainOptions,
  type TrainResult,
} from '../../src/index.js';

const parse = (options: unknown, validation = true) => parseTrainOptions(options, { validation });

describe('options of train', () => {
  test('have defaults', () => {
    expect(parse({ epochs: 3 })).toEqual({
      epochs: 3,
      batchSize: 32,
      accumulate: 1,
      step: null,
      shuffle: true,
      metrics: [],
      watch: null,
      loadBest: false,
      patience: null,
      minDelta: 0,
      warmup: 0,
      freeze: [],
      clip: null,
      callbacks: [],
      maxSteps: null,
      maxTime: null,
      loggers: [],
      carried: [],
      strict: true,
      progress: 'auto',
      snapshots: { every: null, keep: null },
    });
    expect(parseTrainOptions({ epochs: 1 }, { validation: false, stream: true }).shuffle).toBe(false);
  });

  test('clip is by norm or by value, above 0', () => {
    expect(parse({ epochs: 1, clip: { norm: 1 } }).clip).toEqual({ by: 'norm', most: 1 });
    expect(parse({ epochs: 1, clip: { value: 0.5 } }).clip).toEqual({ by: 'value', most: 0.5 });
    expect(() => parse({ epochs: 1, clip: {} })).toThrow(/clip must be either \{ norm: … \} or \{ value: … \}/);
    expect(() => parse({ epochs: 1, clip: { norm: 1, value: 1 } })).toThrow(/either/);
    expect(() => parse({ epochs: 1, clip: { norm: 0 } })).toThrow(/norm must be a finite number above 0/);
    expect(() => parse({ epochs: 1, clip: { nrom: 1 } })).toThrow(/Did you mean 'norm'/);
  });

  test('loadBest and patience watch the loss unless told otherwise', () => {
    expect(parse({ epochs: 1, loadBest: true }).watch).toBe('loss');
    expect(parse({ epochs: 1, patience: 2 }).watch).toBe('loss');
    expect(parse({ epochs: 1, patience: 2, metrics: [accuracy()], watch: 'accuracy' }).watch).toBe('accuracy');
  });

  test.each([
    ['no options', undefined, /epochs must be a whole number from 1, and got undefined/],
    ['an unknown one', { epochs: 1, loadbest: true }, /Did you mean 'loadBest'/],
    ['half an epoch', { epochs: 0.5 }, /epochs/],
    ['a batch of none', { epochs: 1, batchSize: 0 }, /batchSize/],
    ['no patience', { epochs: 1, patience: 0 }, /patience/],
    ['minDelta without patience', { epochs: 1, minDelta: 0.1 }, /minDelta must be given together with patience/],
    ['a negative minDelta', { epochs: 1, patience: 1, minDelta: -1 }, /minDelta must be a finite number/],
    ['warm-up without patience', { epochs: 1, warmup: 2 }, /warmup must be given together with patience/],
    ['a metric that is not given', { epochs: 1, watch: 'accurracy', metrics: [accuracy()] }, /perhaps 'accuracy'/],
    ['a pattern in place of patterns', { epochs: 1, freeze: 'backbone.*' }, /\['backbone\.\*'\]/],
    ['an unknown way to show progress', { epochs: 1, progress: 'loud' }, /"auto" or "bar" or "lines" or "silent"/],
  ])('refuse %s', (_, options, message) => {
    expect(() => parse(options)).toThrow(message);
  });

  test('refuse to watch validation data that is not given', () => {
    expect(() => parse({ epochs: 1, loadBest: true }, false)).toThrow(/validation data/);
    expect(() => parse({ epochs: 1, watch: 'loss' }, false)).toThrow(/validation data/);
  });

  test('refuse to shuffle a stream', () => {
    expect(() => parseTrainOptions({ epochs: 1, shuffle: true }, { validation: false, stream: true })).toThrow(
      /stream/,
    );
  });
});

describe('freeze', () => {
  const names = ['backbone.conv1.weight', 'backbone.conv1.bias', 'backbone.norm.weight', 'head.weight', 'head.bias'];
  const net: NetDescription = {
    engine: 'test',
    recipe: null,
    parameters: [
      ...names.map((name) => ({ name, dtype: 'float32', shape: [1], kind: 'parameter' }) as const),
      { name: 'backbone.norm.mean', dtype: 'float32', shape: [1], kind: 'buffer' },
    ],
    inputs: ['input'],
    outputs: ['output'],
    outline: {},
  };

  test.each([
    [['backbone.*'], names.slice(0, 3)],
    [['*.bias'], ['backbone.conv1.bias', 'head.bias']],
    [
      ['head.weight', 'backbone.conv1.*'],
      ['backbone.conv1.weight', 'backbone.conv1.bias', 'head.weight'],
    ],
    [[], []],
  ])('%o', (patterns, frozen) => {
    expect(frozenNames(patterns, net)).toEqual(frozen);
  });

  test('a dot is a dot', () => {
    expect(() => frozenNames(['head_weight'], net)).toThrow(
      /'head_weight' names no parameter. Did you mean 'head.weight'/,
    );
  });

  test.each([
    ['backbon.*', /Did you mean 'backbone\.\*'/],
    ['backbone', /Did you mean 'backbone\.\*'/],
    ['backbone.norm.mean', /names no parameter/],
  ])('%s matches nothing, and says what is near', (pattern, message) => {
    expect(() => frozenNames([pattern], net)).toThrow(message);
  });

  test('freezing everything leaves nothing to train', () => {
    expect(() => frozenNames(['*'], net)).toThrow(/nothing is left to train/);
  });
});

/** Never called: only its type matters. */
declare function run<const M extends readonly Metric[] = readonly []>(
  options: TrainOptions<M>,
): TrainResult<MetricNames<M>>;

describe('types', () => {
  test('names of metrics are inferred into watch and the history', () => {
    const typed = (): void => {
      const own = metric('largest', { mode: 'min', init: () => 0, update: (acc) => acc, result: (acc) => acc });
      const result = run({ epochs: 1, metrics: [accuracy(), own], watch: 'largest' });
      expectTypeOf(result.history[0]!.train).toEqualTypeOf<
        { readonly loss: number } & ObjectiveScores & { readonly accuracy: number; readonly largest: number }
      >();
      expectTypeOf(result.history[0]!.val!.accuracy).toEqualTypeOf<number>();
      // @ts-expect-error no such metric is given
      run({ epochs: 1, metrics: [accuracy()], watch: 'mae' });
      // @ts-expect-error without metrics there is only the loss
      run({ epochs: 1, watch: 'accuracy' });
      // @ts-expect-error epochs are required
      run({ metrics: [accuracy()] });
      // @ts-expect-error no such figure
      void run({ epochs: 1, metrics: [meanAbsoluteError()] }).history[0]!.val!.accuracy;
      run({ epochs: 1, watch: 'loss' });
    };
    expect(typed).toBeTypeOf('function');
  });

  test('validation scores may be missing, as a record may be replayed that was made without', () => {
    expectTypeOf<TrainResult<'mae'>['initial']>().toEqualTypeOf<
      ({ readonly loss: number } & ObjectiveScores & { readonly mae: number }) | null
    >();
    expectTypeOf<TrainResult<'mae'>['history'][number]['val']>().toEqualTypeOf<TrainResult<'mae'>['initial']>();
  });
});
