import { describe, expect, it } from 'vitest';
import { fingerprintFunction } from '../../src/functions/fingerprint.js';
import { userFunction } from '../../src/functions/user-function.js';
import type { Digest } from '../../src/values/digest.js';
import { digestOf, hasher, refusal, written, type Fn } from './digests.js';

describe('what is given with a function', () => {
  const scaled: Fn = written('(x) => x * scale');

  it('counts by its content', async () => {
    const one = await digestOf(scaled, { deps: { scale: 1 } });
    expect(await digestOf(scaled, { deps: { scale: 1 } })).toBe(one);
    expect(await digestOf(scaled, { deps: { scale: 2 } })).not.toBe(one);
    expect(await digestOf(scaled, { deps: { scale: new Float32Array([1]) } })).not.toBe(one);
  });

  it('counts as it is now, not as it was when the function was first seen', async () => {
    const table = { deps: { scale: [1, 2] } };
    const before = await digestOf(scaled, table);
    table.deps.scale[0] = 3;
    expect(await digestOf(scaled, table)).not.toBe(before);
  });

  it('counts functions by their source, which may use each other', async () => {
    const call = '(x) => even(x)';
    const even = '(n) => n === 0 || odd(n - 1)';
    const odd = '(n) => n !== 0 && even(n - 1)';
    const digest = await digestOf(call, { deps: { even: written(even), odd: written(odd) } });
    expect(await digestOf(call, { deps: { even: written(even.replaceAll('n', 'm')), odd: written(odd) } })).toBe(
      digest,
    );
    expect(await digestOf(call, { deps: { even: written(even), odd: written(odd.replace('1', '2')) } })).not.toBe(
      digest,
    );
  });

  it('is refused where a given function uses something that is not given', async () => {
    const error = await refusal('(x) => helper(x)', {
      deps: { helper: written('function helper(x) { return x + hidden }') },
    });
    expect(error).toMatchObject({ code: 'FREE_VARIABLE', functionName: 'helper', identifiers: ['hidden'] });
  });

  it('can be objects of functions, and functions with what they need', async () => {
    const call = '(x) => stats.mean(x)';
    const stats = (divisor: number): object => ({ divisor, mean: written('function (x) { return x / this.divisor }') });
    expect(await digestOf(call, { deps: { stats: stats(2) } })).toBe(
      await digestOf(call, { deps: { stats: stats(2) } }),
    );
    expect(await digestOf(call, { deps: { stats: stats(2) } })).not.toBe(
      await digestOf(call, { deps: { stats: stats(3) } }),
    );
    const own = (scale: number): object => ({ helper: userFunction(scaled, { deps: { scale } }) });
    expect(await digestOf('(x) => helper.call(x)', { deps: { ...own(1) } })).not.toBe(
      await digestOf('(x) => helper.call(x)', { deps: { ...own(2) } }),
    );
  });

  it('counts with what was set on a function or class, its prototype and its static fields, as they are now', async () => {
    const call = '(x) => helper(x, helper.k)';
    const set = (source: string, properties: object): object => ({
      helper: Object.assign(written(source), properties),
    });
    for (const source of ['(x, k) => x * k', 'class { static m() {} }', 'class { static k = 1 }']) {
      const two = await digestOf(call, { deps: { ...set(source, { k: 2 }) } });
      expect(await digestOf(call, { deps: { ...set(source, { k: 2 }) } })).toBe(two);
      expect(await digestOf(call, { deps: { ...set(source, { k: 3 }) } })).not.toBe(two);
      expect(await digestOf(call, { deps: { ...set(source, {}) } })).not.toBe(two);
    }
    const old = (method: string): object => {
      const helper = written('function () {}');
      Object.assign(helper.prototype as object, { method: written(method) });
      return { helper };
    };
    expect(await digestOf(call, { deps: { ...old('() => 1') } })).not.toBe(
      await digestOf(call, { deps: { ...old('() => 2') } }),
    );
    const own = (k: number): Fn => Object.assign(written('function f(x) { return x * f.k }'), { k });
    expect(await digestOf(own(2))).not.toBe(await digestOf(own(3)));
    const around = written('(x) => x');
    expect(await digestOf(call, { deps: { helper: Object.assign(around, { default: around }) } })).toMatch(/^sha256-/);
    const holding = Object.assign(written('(x) => x'), { cache: new WeakMap() });
    await expect(digestOf(call, { deps: { helper: holding } })).rejects.toThrow('deps.helper.cache');
  });

  it('counts with what is under a symbol, and with the default export of a module', async () => {
    const iterable = (of: string): object => ({ o: { k: 1, [Symbol.iterator]: written(of) } });
    expect(await digestOf('() => [...o]', { deps: { ...iterable('function* () { yield 1 }') } })).not.toBe(
      await digestOf('() => [...o]', { deps: { ...iterable('function* () { yield 2 }') } }),
    );
    const module = (source: string): object => ({ m: { __esModule: true, default: written(source) } });
    expect(await digestOf('() => m.default()', { deps: { ...module('() => 1') } })).not.toBe(
      await digestOf('() => m.default()', { deps: { ...module('() => 2') } }),
    );
  });

  it('stands for a member of an object only where none but a compiler can have written that', async () => {
    for (const source of [
      '(x) => x * cfg_1.k',
      '(x) => x * import_cfg["k"]',
      '(x) => x * import_cfg?.k',
      '(x) => import_cfg.k(x)',
      '(x) => cfg_js_1.k(x)',
      '(x) => exports.k(x)',
    ])
      expect((await refusal(source, { deps: { k: 5 } })).identifiers).toEqual([/\w+(?=\W+k)/.exec(source)?.[0]]);
    const expected = await digestOf('(x) => x * k', { deps: { k: 5 } });
    for (const source of ['(x) => x * cfg_js_1.k', '(x) => x * import_cfg.k', '(x) => x * __vi_import_0__.k'])
      expect(await digestOf(source, { deps: { k: 5 } })).toBe(expected);
    const cfg_1 = { k: written('(x) => x') };
    expect(await digestOf('(x) => (0, cfg_1.k)(x)', { deps: { cfg_1 } })).not.toBe(
      await digestOf('(x) => cfg_1.k(x)', { deps: { cfg_1 } }),
    );
  });

  it('may lead back to the function itself', async () => {
    const deps: { [name: string]: unknown } = {};
    const self = userFunction(written('(x) => self.call(x)'), { deps });
    deps['self'] = self;
    expect(await fingerprintFunction(self, hasher)).toMatch(/^sha256-/);
  });

  it('can be anything that has a digest of its own', async () => {
    class Data {
      readonly length = 1;
    }
    const deps = { data: new Data() };
    const as = (digest: string): Promise<Digest> =>
      fingerprintFunction(userFunction(written('() => data'), { deps }), hasher, (value) =>
        value instanceof Data ? (digest as Digest) : undefined,
      );
    expect(await as('a')).not.toBe(await as('b'));
    await expect(fingerprintFunction(userFunction(written('() => data'), { deps }), hasher)).rejects.toThrow(
      'deps.data is a Data',
    );
  });

  it('stands for a default import, which CommonJS leaves without a name, only where it is named like the module', async () => {
    const center = written('(x) => x - 1');
    const stats = { __esModule: true, default: center };
    const asModule = await digestOf('(x) => center(x)', { deps: { center } });
    expect(await digestOf('(x) => (0, center_js_1.default)(x)', { deps: { center } })).toBe(asModule);
    expect(await digestOf('(x) => (0, import_center.default)(x)', { deps: { center } })).toBe(asModule);
    expect(await refusal('(x) => (0, stats_js_1.default)(x)', { deps: { center } })).toMatchObject({
      identifiers: ['stats_js_1.default'],
    });
    expect(await refusal('(x) => (0, stats_js_1.default)(x)', { deps: { stats } })).toMatchObject({
      identifiers: ['stats_js_1.default'],
    });
  });

  it('is all that counts beside a key', async () => {
    const keyed = await digestOf('(x) => x + anything', { key: 'v1' });
    expect(await digestOf('(x) => x - anything', { key: 'v1' })).toBe(keyed);
    expect(await digestOf(Math.max as Fn, { key: 'v1' })).toBe(keyed);
    expect(await digestOf('(x) => x + anything', { key: 'v2' })).not.toBe(keyed);
    expect(await digestOf('(x) => x + anything', { key: 'v1', deps: { anything: 1 } })).not.toBe(keyed);
  });
});
