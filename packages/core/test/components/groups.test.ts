import { describe, expect, test } from 'vitest';
import { adagrad, adam, adamw, groups, type Optimizer, parameterGroups, rmsprop, sgd } from '../../src/index.js';
import { changes, describeChange, recipeFields } from '../../src/replay/fields.js';
import type { StoredRecipe } from '../../src/state/stored-recipe.js';

const names = ['backbone.conv.weight', 'backbone.conv.bias', 'backbone.norm.weight', 'head.weight', 'head.bias'];

const told = (optimizer: Optimizer) =>
  parameterGroups(optimizer, names).map(({ name, recipe, parameters }) => [name, recipe.args['lr'], parameters]);

describe('groups among the options of an optimizer', () => {
  test('differ in what they say, and are the optimizer in all else', () => {
    const optimizer = adam({
      lr: 1e-3,
      betas: [0.8, 0.9],
      groups: [{ parameters: ['backbone.*'], lr: 1e-4, weightDecay: 0.1 }],
    });
    expect(parameterGroups(optimizer, names)).toEqual(
      [
        { name: 'default', recipe: adam({ lr: 1e-3, betas: [0.8, 0.9] }), parameters: names.slice(3) },
        {
          name: 'backbone.*',
          recipe: adam({ lr: 1e-4, betas: [0.8, 0.9], weightDecay: 0.1 }),
          parameters: names.slice(0, 3),
        },
      ].map(({ recipe: { kind, args }, ...rest }) => ({ ...rest, recipe: { kind, args } })),
    );
  });

  test('are there for each optimizer', () => {
    const group = { parameters: ['head.*'], lr: 0.5 };
    for (const make of [sgd, adam, adamw, rmsprop, adagrad]) {
      const optimizer = make({ lr: 0.25, groups: [group] });
      expect(told(optimizer)).toEqual([
        ['default', 0.25, names.slice(0, 3)],
        ['head.*', 0.5, names.slice(3)],
      ]);
      const [, head] = parameterGroups(optimizer, names);
      expect(head!.recipe).toEqual({ kind: make().kind, args: make({ lr: 0.5 }).args });
    }
  });

  test('leave the recipe of an optimizer without them as it always was', () => {
    expect(adam({ groups: [] })).toEqual(adam());
    expect(adam().args).toEqual({ lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false });
    expect(sgd().args).toEqual({ lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false });
    expect(parameterGroups(sgd(), names)).toEqual([{ name: 'default', recipe: sgd(), parameters: names }]);
  });

  test('have each parameter once: the first that names it', () => {
    const optimizer = sgd({
      groups: [
        { parameters: ['*.bias', '*.norm.*'], lr: 1, name: 'plain' },
        { parameters: ['backbone.*'], lr: 2 },
      ],
    });
    expect(told(optimizer)).toEqual([
      ['default', 1e-3, ['head.weight']],
      ['plain', 1, ['backbone.conv.bias', 'backbone.norm.weight', 'head.bias']],
      ['backbone.*', 2, ['backbone.conv.weight']],
    ]);
  });

  test('may have all of them: then no group is left for the rest', () => {
    const optimizer = sgd({ groups: [{ parameters: ['backbone.*'], lr: 2 }, { parameters: ['head.*'] }] });
    expect(told(optimizer)).toEqual([
      ['backbone.*', 2, names.slice(0, 3)],
      ['head.*', 1e-3, names.slice(3)],
    ]);
  });

  test('are checked together with the options for all', () => {
    expect(() => sgd({ groups: [{ parameters: ['head.*'], nesterov: true }] })).toThrow(
      /sgd\(\) groups\[0\]: nesterov/,
    );
    expect(() => sgd({ momentum: 0.9, groups: [{ parameters: ['head.*'], nesterov: true }] })).not.toThrow();
    expect(() => adam({ groups: [{ parameters: ['*'], lr: -1 }] })).toThrow(/adam\(\) groups\[0\]: lr must be/);
    expect(() => adam({ groups: [{ parameters: ['*'], momentum: 1 } as never] })).toThrow(
      /adam\(\) groups\[0\] has no option 'momentum'/,
    );
  });

  test('that say nothing of an option by undefined leave it as it is for all', () => {
    const [group] = parameterGroups(adam({ lr: 0.5, groups: [{ parameters: ['*'], lr: undefined as never }] }), names);
    expect(group!.recipe.args['lr']).toBe(0.5);
  });

  test.each([
    ['no list', {}, /groups must be an array/],
    ['no parameters', [{ lr: 1 }], /parameters must be an array of parameters' names or patterns/],
    ['an empty list of parameters', [{ parameters: [] }], /one name or pattern at least/],
    ['two of one name', [{ parameters: ['a'] }, { parameters: ['a'] }], /without two of the same name, and got "a"/],
    ['the name of the rest', [{ parameters: ['a'], name: 'default' }], /'default' is what no group names/],
  ])('are refused where there is %s', (_, given, message) => {
    expect(() => adam({ groups: given as never })).toThrow(message);
  });
});

describe('groups()', () => {
  test('gives parts of a net optimizers of their own, by pattern or by name', () => {
    const optimizer = groups({
      plain: { parameters: ['*.bias', '*.norm.*'], optimizer: sgd({ lr: 0.1, momentum: 0.9 }) },
      'backbone.*': adam({ lr: 0.2 }),
      '*': adamw({ lr: 0.3 }),
    });
    expect(told(optimizer)).toEqual([
      ['plain', 0.1, ['backbone.conv.bias', 'backbone.norm.weight', 'head.bias']],
      ['backbone.*', 0.2, ['backbone.conv.weight']],
      ['*', 0.3, ['head.weight']],
    ]);
    expect(parameterGroups(optimizer, names).map(({ recipe }) => recipe)).toEqual(
      [sgd({ lr: 0.1, momentum: 0.9 }), adam({ lr: 0.2 }), adamw({ lr: 0.3 })].map(({ kind, args }) => ({
        kind,
        args,
      })),
    );
  });

  test('refuses what is none of these', () => {
    expect(() => groups({})).toThrow(/optimizers by what they update/);
    expect(() => groups({ 'a.*': 0.1 as never })).toThrow(/must be an optimizer such as adam\(\), and got 0.1/);
    expect(() => groups({ a: { parameters: ['a'] } as never })).toThrow(/the optimizer must be an optimizer/);
    expect(() => groups({ a: { parametrs: ['a'], optimizer: sgd() } as never })).toThrow(/Did you mean 'parameters'/);
    expect(() => groups({ a: sgd({ groups: [{ parameters: ['b'] }] }) })).toThrow(/list them all in one groups\(\)/);
    expect(() => groups({ a: groups({ b: sgd() }) })).toThrow(/list them all in one groups\(\)/);
    expect(() => groups({ 1: sgd() })).toThrow(/numbers lose their order/);
    // Their rates would be one argument of the recipe.
    expect(() => groups({ a: sgd(), 'a.lr': sgd() })).toThrow(/another than that of an argument, and got "a.lr"/);
  });

  test('tells apart groups of which one begins with the other', () => {
    const optimizer = groups({
      'head.weight': sgd({ lr: 1 }),
      head: { parameters: ['*'], optimizer: adam({ lr: 2 }) },
    });
    expect(parameterGroups(optimizer, names).map(({ name, recipe }) => [name, recipe.kind, recipe.args])).toEqual([
      ['head.weight', 'sgd', sgd({ lr: 1 }).args],
      ['head', 'adam', adam({ lr: 2 }).args],
    ]);
  });
});

describe('the parameters of groups', () => {
  test('that a pattern names are none: it is refused with the nearest name', () => {
    const optimizer = adam({ groups: [{ parameters: ['backbon.*'] }] });
    expect(() => parameterGroups(optimizer, names)).toThrow(
      /setup\(\): adam\(\): the group 'backbon\.\*': 'backbon\.\*' names no parameter\. Did you mean 'backbone\.\*'\?/,
    );
  });

  test('that are all in groups before it are told so', () => {
    const optimizer = adam({ groups: [{ parameters: ['backbone.*'] }, { parameters: ['*.norm.*'] }] });
    expect(() => parameterGroups(optimizer, names)).toThrow(/'\*\.norm\.\*' has no parameter.*Put it before them/s);
  });

  test('that no optimizer of groups() has are named', () => {
    expect(() => parameterGroups(groups({ 'backbone.*': adam() }), names)).toThrow(
      /no group has head\.weight, head\.bias.*'\*' takes the rest/s,
    );
  });
});

test('a change of one option of a group is told as that', () => {
  const fields = (optimizer: Optimizer) =>
    recipeFields('optimizer', { ...optimizer, functions: {} } as unknown as StoredRecipe);
  const said = (before: Optimizer, after: Optimizer) => changes(fields(before), fields(after)).map(describeChange);
  const grouped = (lr: number) => adam({ groups: [{ parameters: ['backbone.*'], lr }] });
  expect(said(grouped(1e-4), grouped(1e-5))).toEqual(['optimizer.backbone.*.lr 0.0001 → 0.00001']);
  const both = (first: Optimizer) => groups({ 'backbone.*': first, '*': sgd() });
  expect(said(both(adam()), both(adamw()))).toEqual([
    'optimizer.backbone.* adam → adamw',
    'optimizer.backbone.*.weightDecay 0 → 0.01',
  ]);
});
