import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  adagrad,
  adam,
  adamw,
  binaryCrossEntropy,
  checkRole,
  crossEntropy,
  huber,
  l1,
  lambda,
  linearWarmup,
  mse,
  oneCycle,
  type Optimizer,
  reduceOnPlateau,
  rmsprop,
  sgd,
  stepLR,
} from '../../src/index.js';

describe("recipes hold PyTorch's defaults", () => {
  test.each([
    [sgd(), { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false }],
    [adam(), { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false }],
    [adamw(), { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 1e-2, amsgrad: false }],
    [rmsprop(), { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false }],
    [adagrad(), { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10 }],
    [crossEntropy(), { labelSmoothing: 0, weight: null }],
    [binaryCrossEntropy(), { fromLogits: true, posWeight: null }],
    [mse(), {}],
    [l1(), {}],
    [huber(), { delta: 1 }],
    [stepLR({ stepSize: 3 }), { stepSize: 3, gamma: 0.1 }],
    [linearWarmup({ steps: 3 }), { steps: 3, startFactor: 1 / 3 }],
  ])('$kind', (recipe, args) => {
    expect(recipe.args).toEqual(args);
  });

  test('a default that is written out makes the same recipe', () => {
    expect(adam({ lr: 1e-3, weightDecay: 0 })).toEqual(adam());
    expect(reduceOnPlateau({ factor: 0.1, monitor: 'val_loss' })).toEqual(reduceOnPlateau());
  });

  test('a recipe does not change with the array that it was made of', () => {
    const betas: [number, number] = [0.8, 0.9];
    const recipe = adam({ betas });
    betas[0] = 0;
    expect(recipe.args['betas']).toEqual([0.8, 0.9]);
  });
});

describe('what cannot be is refused', () => {
  test.each([
    [
      'an unknown option, with the nearest known one',
      () => adam({ learningRate: 1 } as never),
      /adam\(\) has no option 'learningRate'/,
    ],
    ['a misspelt one', () => sgd({ momentun: 1 } as never), /Did you mean 'momentum'/],
    ['a negative rate', () => sgd({ lr: -1 }), /sgd\(\): lr must be a finite number at least 0, and got -1/],
    ['NaN', () => adam({ eps: Number.NaN }), /eps must be .*NaN/],
    ['a beta of 1', () => adam({ betas: [0.9, 1] }), /betas must be an array of two/],
    ['Nesterov without momentum', () => sgd({ nesterov: true }), /momentum is above 0/],
    ['posWeight on probabilities', () => binaryCrossEntropy({ fromLogits: false, posWeight: 2 }), /posWeight/],
    ['a schedule without its length', () => oneCycle({ maxLr: 1 } as never), /totalSteps must be a whole number/],
    ['a monitor without its data', () => reduceOnPlateau({ monitor: 'loss' }), /val_loss/],
    ['a factor in place of a function', () => lambda(0.5 as never), /function/],
    ['a number where options are taken', () => adam(1e-3 as never), /takes its options as an object/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe('roles', () => {
  test('a loss where an optimizer is wanted does not type-check', () => {
    expectTypeOf(adam()).toExtend<Optimizer>();
    expectTypeOf(mse()).not.toExtend<Optimizer>();
    expectTypeOf(stepLR({ stepSize: 1 })).not.toExtend<Optimizer>();
    expectTypeOf(adam().kind).toEqualTypeOf<'adam'>();
  });

  test('and is refused by name when it runs', () => {
    const check = (value: unknown) => () => checkRole('setup()', 'optimizer', value, 'optimizer');
    expect(check(adam())).not.toThrow();
    expect(check(mse())).toThrow(/optimizer must be an optimizer such as adam\(\), and got the loss mse\(\)/);
    expect(check(adam)).toThrow(/called: adam\(…\)/);
    expect(check('adam')).toThrow(/"adam"/);
  });
});
