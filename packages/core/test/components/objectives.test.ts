import { describe, expect, test } from 'vitest';
import { component, type Loss, mse, huber, objectives, userFunction } from '../../src/index.js';
import { lossesOf, netObjectives, objectiveNames, objectiveScores } from '../../src/components/objective-list.js';
import { changes, describeChange, recipeFields } from '../../src/replay/fields.js';
import { FunctionRegistry } from '../../src/state/stored-recipe.js';
import { hasher } from '../functions/digests.js';

const names = ['critic.w', 'critic.b', 'maker.w'];
const own = (name: string, call: (x: number) => number): Loss =>
  component('loss', 'custom', { name, define: userFunction(call as never) });

const two = objectives({
  critic: { loss: huber({ delta: 2 }), parameters: ['critic.*'] },
  maker: { loss: own('deceives', (x) => -x), parameters: ['maker.w'] },
});

describe('objectives', () => {
  test('are losses by name, in order, each with the parameters that minimise it', () => {
    expect(objectiveNames(two)).toEqual(['critic', 'maker']);
    const [critic, maker] = netObjectives(two, names);
    expect(critic).toEqual({
      name: 'critic',
      loss: { kind: 'huber', args: { delta: 2 } },
      parameters: ['critic.w', 'critic.b'],
    });
    expect(maker).toMatchObject({
      name: 'maker',
      loss: { kind: 'custom', args: { name: 'deceives' } },
      parameters: ['maker.w'],
    });
    expect(objectiveScores(['critic'])).toEqual([{ name: 'critic_loss', mode: 'min' }]);
  });

  test('are one, for all parameters, where the loss is a plain one', () => {
    expect(objectiveNames(mse())).toEqual([]);
    expect(lossesOf(mse())).toEqual([{ name: 'loss', loss: mse() }]);
    expect(netObjectives(mse(), names)).toEqual([{ name: 'loss', loss: mse(), parameters: names }]);
  });

  test('keep the functions of their losses through a stored state', async () => {
    const registry = new FunctionRegistry(hasher, () => undefined);
    const stored = await registry.store(two);
    expect(Object.keys(stored.functions)).toEqual(['maker.define']);
    expect(stored.args['maker.parameters']).toEqual(['maker.w']);
    expect(lossesOf(registry.revive(stored, 'loss'))).toEqual(lossesOf(two));
    await expect(async () => new FunctionRegistry(hasher, () => undefined).revive(stored, 'loss')).rejects.toThrow(
      /has a function 'maker\.define' that this script has not given/,
    );
  });

  test('say which part of which loss has changed', async () => {
    const registry = new FunctionRegistry(hasher, () => undefined);
    const fields = async (delta: number, call: (x: number) => number) =>
      recipeFields(
        'loss',
        await registry.store(
          objectives({
            critic: { loss: huber({ delta }), parameters: ['critic.*'] },
            maker: { loss: own('deceives', call), parameters: ['maker.w'] },
          }),
        ),
      );
    const said = changes(await fields(2, (x) => -x), await fields(3, (x) => -2 * x)).map(describeChange);
    expect(said[0]).toBe('loss.critic.delta 2 → 3');
    expect(said[1]).toMatch(/^loss\.maker\.define .* → /);
    expect(said).toHaveLength(2);
  });

  test.each([
    ['nothing', {}, /losses by name/],
    ['a loss alone', { a: mse() }, /objectives\(\) 'a' has no option 'role'/],
    ['no parameters', { a: { loss: mse() } }, /parameters must be an array/],
    ['an empty list', { a: { loss: mse(), parameters: [] } }, /one name or pattern at least/],
    ['objectives in objectives', { a: { loss: two, parameters: ['a'] } }, /list all of them in one objectives\(\)/],
    ['a name that can be no score', { 'a.b': { loss: mse(), parameters: ['a'] } }, /a word of letters, digits and _/],
    ['a number as a name', { 1: { loss: mse(), parameters: ['a'] } }, /a word of letters, digits and _/],
    ['the name of their list', { objectives: { loss: mse(), parameters: ['a'] } }, /than that of an argument/],
  ])('refuse %s', (_, given, message) => {
    expect(() => objectives(given as never)).toThrow(message);
  });

  test('have each parameter once', () => {
    const both = objectives({ a: { loss: mse(), parameters: ['*'] }, b: { loss: mse(), parameters: ['maker.*'] } });
    expect(() => netObjectives(both, names)).toThrow(/both 'a' and 'b' name the parameter 'maker\.w'/);
    const some = objectives({ a: { loss: mse(), parameters: ['critic.*'] } });
    expect(() => netObjectives(some, names)).toThrow(/no objective names maker\.w.*told by freeze/s);
    const wrong = objectives({ a: { loss: mse(), parameters: ['critik.*'] } });
    expect(() => netObjectives(wrong, names)).toThrow(/'critik\.\*' names no parameter\. Did you mean 'critic\.\*'\?/);
  });
});
