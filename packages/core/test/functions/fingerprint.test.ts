import { createHash } from 'node:crypto';
import { runInThisContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintFunction } from '../../src/functions/fingerprint.js';
import { FunctionError } from '../../src/functions/function-error.js';
import { userFunction, type FunctionOptions } from '../../src/functions/user-function.js';
import type { Hasher } from '../../src/ports/hasher.js';
import type { Digest } from '../../src/values/digest.js';

const hasher: Hasher = {
  algorithm: 'sha256',
  digest: (bytes) => `sha256-${createHash('sha256').update(bytes).digest('hex')}` as Digest,
  stream: () => {
    throw new Error('not used');
  },
};
type Fn = (...args: never[]) => unknown;
/** A function from its source, as if a file had it. */
const written = (source: string): Fn => runInThisContext(`(${source}\n)`) as Fn;
const digestOf = (fn: Fn | string, options: FunctionOptions = {}): Promise<Digest> =>
  fingerprintFunction(userFunction(typeof fn === 'string' ? written(fn) : fn, options), hasher);
const refusal = async (fn: Fn | string, options: FunctionOptions = {}): Promise<FunctionError> => {
  const error: unknown = await digestOf(fn, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof FunctionError) return error;
  throw new Error(`not refused: ${String(error)}`);
};

describe('the fingerprint of a function', () => {
  it.each<[string, string, string, ...string[]]>([
    [
      'formatting and comments',
      '(a,b)=>a+b',
      '( a,\n  b,\n) => /* sum */ a + b // done',
      '(a, b) => (a + b)',
      '(a, b) => ((a) + (b))',
    ],
    ['quotes, escapes and templates', `() => 'a"b'`, `() => "a\\"b"`, '() => `a"b`', '() => "\\x61\\u0022b"'],
    ['the notation of numbers', '() => 1000', '() => 1e3', '() => 1_000', '() => 0x3e8', '() => 1000.0'],
    ['names of parameters', '(a, b) => a - b', '(b, a) => b - a', '(x, y) => x - y'],
    ['its own name', 'function f(x) { return x; }', 'function (x) { return x }', 'function g(x) { return x }'],
    [
      'its own name where it calls itself',
      'function f(x) { return x ? f(x - 1) : 0; }',
      'function g(y) { return y ? g(y - 1) : 0; }',
    ],
    [
      'names of locals, hoisted, nested, destructured and caught',
      `({ a, b: [c = a, ...d] }, ...e) => { for (const x of d) { if (x) { var h = x; } } try { h(); } catch (err) { e.push(err, c); } class K { m() { return K; } } return h + new K(); }`,
      `({ a: p, b: [q = p, ...r] }, ...s) => { for (const t of r) { if (t) { var u = t; } } try { u(); } catch (v) { s.push(v, q); } class W { m() { return W; } } return u + new W(); }`,
    ],
    ['labels', '() => { a: for (;;) for (;;) break a; }', '() => { z: for (;;) { for (;;) break z; } }'],
    ['shorthand properties', '(a) => ({ a })', '(a) => ({ a: a })', `(b) => ({ 'a': b })`],
    ['quoted names of properties', '(a) => a.b', `(a) => a['b']`],
    [
      'braces and empty statements',
      '(a) => { if (a) return 1; else return 2 }',
      '(a) => { if (a) { return 1; } else { return 2; };; }',
    ],
    ['braces around an arrow', '(a) => a + 1', '(a) => { return a + 1; }'],
    ['directives without a meaning', '(a) => { "use asm"; return a }', '(a) => { return a }'],
    [
      'names of private fields',
      '() => class A { #x = 1; #y() { return #x in this && this.#x } }',
      '() => class A { #p = 1; #q() { return #p in this && this.#p } }',
    ],
    [
      'names of inner functions, where no name is read',
      '() => (function f() {}).length',
      '() => (function g() {}).length',
    ],
    [
      'let and const, together or apart',
      '(a) => { let b = a, c = 1; return b + c }',
      '(a) => { const b = a; const c = 1; return b + c; }',
    ],
    ['void 0', '() => undefined', '() => void 0'],
    [
      'names kept by esbuild',
      '(a) => { const f = (x) => x; function g() {} return f(g(a)) }',
      '(a) => { const f = /* @__PURE__ */ __name((x) => x, "f"); function g() {} __name(g, "g"); return f(g(a)) }',
    ],
    [
      'names of classes kept by esbuild',
      '() => class A { x = 1 }',
      '() => class A { static { __name(this, "A") } x = 1 }',
    ],
    ['order of flags', '(s) => /a/gi.test(s)', '(s) => /a/ig.test(s)'],
  ])('does not depend on %s', async (_what, first, ...others) => {
    for (const other of others) expect(await digestOf(other)).toBe(await digestOf(first));
  });

  it.each([
    ['(a, b) => a + b', '(a, b) => a - b'],
    ['(a, b) => a - b', '(a, b) => b - a'],
    ['(a, b) => a - b', '(b, a) => a - b'],
    ['(a) => a * 2', '(a) => a * 3'],
    ['(a) => a * 2', '(a) => a * 2n'],
    ['() => 0', '() => -0'],
    ['() => 1', '() => "1"'],
    ['() => "a"', '() => "A"'],
    ['() => null', '() => undefined'],
    ['(a) => a.x', '(a) => a.y'],
    ['(a) => a.x', '(a) => a?.x'],
    ['(a) => a?.x.y', '(a) => (a?.x).y'],
    ['(a) => a.x', '(a, x) => a[x]'],
    ['(a) => a ?? 1', '(a) => a || 1'],
    ['(a) => a == 1', '(a) => a === 1'],
    ['(a) => a++', '(a) => ++a'],
    ['(a) => -a', '(a) => +a'],
    ['(a) => Math.max(a, 1)', '(a) => Math.min(a, 1)'],
    ['(a) => isNaN(a)', '(a) => isFinite(a)'],
    ['(a) => `x${a}`', '(a) => `y${a}`'],
    ['(a) => `${a}x`', '(a) => `x${a}`'],
    ['() => String.raw`\\n`', '() => String.raw`\n`'],
    ['(s) => /a+/.test(s)', '(s) => /a*/.test(s)'],
    ['(s) => /a/.test(s)', '(s) => /a/i.test(s)'],
    ['(a, b) => { a(); b(); }', '(a, b) => { b(); a(); }'],
    ['(a) => { a(); }', '(a) => a()'],
    ['(a) => { if (a) { a = 1 } return a }', '(a) => { while (a) { a = 1 } return a }'],
    ['(a) => { let b = a; { let b = 1; } return b }', '(a) => { let b = a; { b = 1; } return b }'],
    ['() => { for (let i = 0; ; i++) setTimeout(() => i) }', '() => { for (var i = 0; ; i++) setTimeout(() => i) }'],
    ['(a) => a', 'async (a) => a'],
    ['function (a) { yield: a }', 'function* (a) { yield a }'],
    ['(a = 1) => a', '(a = 2) => a'],
    ['({ a }) => a', '({ b }) => b'],
    ['(...a) => a', '(a) => a'],
    ['(a) => [...a]', '(a) => [a]'],
    ['(a) => ({ x: a })', '(a) => ({ y: a })'],
    ['(a) => ({ x: a, ...a })', '(a) => ({ ...a, x: a })'],
    ['(a) => ({ get x() { return a } })', '(a) => ({ x() { return a } })'],
    ['(__proto__) => ({ __proto__ })', '(a) => ({ __proto__: a })'],
    [
      '() => function f() { return function g() { return f } }',
      '() => function f() { return function g() { return g } }',
    ],
    ['() => { a: for (;;) { b: for (;;) break a } }', '() => { a: for (;;) { b: for (;;) break b } }'],
    ['() => { a: for (;;) continue a }', '() => { a: for (;;) break a }'],
    ['() => class { static x = 1 }', '() => class { x = 1 }'],
    ['() => class { #x = 1; y() { return this.#x } }', '() => class { #x = 1; y() { return this.x } }'],
    [
      '(a) => { switch (a) { case 1: return 2; default: return 3 } }',
      '(a) => { switch (a) { default: return 3; case 1: return 2; } }',
    ],
    ['(a) => { switch (a) { case 1: case 2: a() } }', '(a) => { switch (a) { case 1: break; case 2: a() } }'],
    ['function (a) { return arguments[1] }', 'function (a) { return a[1] }'],
    ['() => function () { return this }', '() => function () { return new.target }'],
    ['(a) => (0, a.f)()', '(a) => a.f()'],
    ['(a_1) => (0, a_1.f)()', '(a_1) => a_1.f()'],
    ['(a) => [a, , a]', '(a) => [a, a]'],
    ['(a) => delete a.x', '(a) => void a.x'],
    ['() => { "use strict"; return (function () { return this })() }', '() => (function () { return this })()'],
    ['(x) => { var x; return x }', '(x) => { var y; return y }'],
    ['(x, f = () => x) => { var x; x = 2; return f() }', '(x, f = () => x) => { x = 2; return f() }'],
    ['(x, y = 1) => { var x; return x }', '(x, y = 1) => { var z; return z }'],
    ['function () { var arguments; return arguments }', 'function () { var a; return a }'],
    [
      '() => { var g = 1; { function g() { return 2 } } return g }',
      '() => { var g = 1; { function h() { return 2 } } return g }',
    ],
    ['() => { { function Map() {} } return Map }', '() => { { function Set() {} } return Map }'],
    [
      '(x) => { const y = x; try { y = 1 } catch { return 2 } }',
      '(x) => { let y = x; try { y = 1 } catch { return 2 } }',
    ],
    ['() => { const f = () => 1; return f.name }', '() => { const g = () => 1; return g.name }'],
    ['() => { class A {} return new A().constructor.name }', '() => { class B {} return new B().constructor.name }'],
    ['function f() { return f.name }', 'function g() { return g.name }'],
    ['(a = () => 1) => { const { name } = a; return name }', '(b = () => 1) => { const { name } = b; return name }'],
    [
      '() => class { #x = 1; #y = 2; z() { return this.#x } }',
      '() => class { #x = 1; #y = 2; z() { return this.#y } }',
    ],
    ['(x) => { const __name = (a, b) => b; return __name(x, "a") }', '(x) => { const __name = (a, b) => b; return x }'],
    ['() => ({ ["constructor"]: 1 })', '() => class { constructor() {} }'],
    ['() => class { ["constructor"]() {} }', '() => class { constructor() {} }'],
    ['(Math) => Math.max(1)', '(x) => Math.max(1)'],
    ['(x) => typeof x', '(x) => typeof Math'],
    ['(a, b) => (a, b)', '(a, b) => [a, b]'],
    ['(s) => s.replace(/(?<a>x)/, "")', '(s) => s.replace(/(?<b>x)/, "")'],
    ['(a, k) => ({ [k]: 1 })', '(a, k) => ({ k: 1 })'],
    ['(f) => new (f.g())()', '(f) => new f.g()()'],
    ['async (x) => { for await (const y of x) return y }', 'async (x) => { for (const y of x) return y }'],
    ['function* (x) { yield x }', 'function* (x) { yield* x }'],
  ])('tells %s from %s', async (a, b) => {
    expect(await digestOf(a)).not.toBe(await digestOf(b));
  });

  it('reads functions in every form that they can have', async () => {
    class Forms {
      static async *stream(x: number): AsyncGenerator<number> {
        yield x;
      }
      #secret(x: number): number {
        return x + 1;
      }
      static get accessor(): number {
        return 3;
      }
      secret(): Fn {
        return this.#secret;
      }
    }
    const name = 'computed';
    const object = {
      plain(x: number): number {
        return x;
      },
      [name](x: number): number {
        return x * 2;
      },
      async get(x: number): Promise<number> {
        return x;
      },
      'quoted name'(x: number): number {
        return x * 3;
      },
    };
    const accessor = Object.getOwnPropertyDescriptor(Forms, 'accessor')?.get as Fn;
    const forms = [
      Forms.stream,
      new Forms().secret(),
      accessor,
      object.plain,
      object.computed,
      object.get,
      object['quoted name'],
    ];
    const digests = await Promise.all(forms.map((form) => digestOf(form)));
    expect(new Set(digests).size).toBe(forms.length);
    expect(await digestOf(object.plain)).toBe(await digestOf('function (y) { return y }'));
  });

  it.each<[string, string[]]>([
    ['(x) => x * scale', ['scale']],
    ['(x) => helper(other(x))', ['helper', 'other']],
    ['(x) => { { let scale = 1; } return x * scale }', ['scale']],
    ['(x, f = () => y) => f(x)', ['y']],
    ['({ [key]: x }) => x', ['key']],
    ['(x) => ({ x, y })', ['y']],
    ['(x) => typeof window', ['window']],
    ['(x) => globalThis.x', ['globalThis']],
    ['(x) => eval(x)', ['eval']],
    ['(x) => process.env.X', ['process']],
    ['(x) => import(x)', ['import()']],
    ['() => this.x', ['this']],
    ['function () { return this.x }', ['this']],
    ['() => arguments', ['arguments']],
    ['() => class extends Base {}', ['Base']],
    ['(x) => (0, stats_1.mean)(x)', ['mean']],
    ['(x) => (0, import_stats.Math)(x)', ['Math']],
    ['(x, k = scale) => { const scale = 3; return x * k + scale; }', ['scale']],
    ['(x, k = scale) => { var scale = 3; return x * k + scale; }', ['scale']],
    ['(x, k = () => scale) => { function scale() {} return k(scale); }', ['scale']],
    ['(o) => { with (o) { return 1; } }', ['with ()']],
    ['(x) => { if (x) { function g() {} } return g; }', ['g']],
    ['function () { return class { [this.x] = 1 } }', ['this']],
  ])('refuses %s, which uses %j from outside', async (source, identifiers) => {
    const error = await refusal(source);
    expect(error).toMatchObject({ code: 'FREE_VARIABLE', identifiers });
    for (const identifier of identifiers) expect(error.message).toContain(`'${identifier}'`);
    expect(error.message).toContain("key: 'my-function-v1'");
  });

  it('refuses a function that assigns to what is outside of it, also where that is given', async () => {
    expect((await refusal('() => { count++; }', { deps: { count: 0 } })).message).toContain("assigns to 'count'");
    expect((await refusal('() => { [undefined, count] = [1, 2]; }', { deps: { count: 0 } })).message).toContain(
      "'count'",
    );
    expect((await refusal('(xs) => { for (last of xs); }', { deps: { last: 0 } })).message).toContain("'last'");
    for (const write of ['exports.count++', 'exports.count = 1', '[exports.count] = [1]', 'delete exports.count'])
      expect((await refusal(`() => { ${write}; }`, { deps: { count: 0 } })).message).toContain("'exports.count'");
  });

  it('accepts the standard globals, and what is declared anywhere inside', async () => {
    await digestOf('(x) => new Float32Array(Math.max(x, Infinity, NaN)).map((v) => v + x)');
    await digestOf('function (x) { return later(x); function later(y) { return y + hoisted; } var hoisted; }');
    await digestOf('function (x) { return arguments.length + new.target }');
  });

  it.each([Math.max as Fn, written('(x) => x').bind(null), Map as unknown as Fn])(
    'refuses %o, whose source is not there',
    async (fn) => {
      expect(await refusal(fn)).toMatchObject({ code: 'UNREADABLE_FUNCTION' });
    },
  );
});

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

describe('random programs', () => {
  type Program = readonly (
    | string
    | { readonly name: number }
    | { readonly literal: number }
    | { readonly op: number }
  )[];
  const ops = ['+', '-', '*', '/', '%', '<', '>', '&&', '||', '**'];
  const { expression } = fc.letrec<{ expression: Program }>((tie) => ({
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.nat(4).map((name): Program => [{ name }]),
      fc.nat(99).map((literal): Program => [{ literal }]),
      fc
        .tuple(tie('expression'), fc.nat(ops.length - 1), tie('expression'))
        .map(([a, op, b]): Program => ['((', ...a, ')', { op }, '(', ...b, '))']),
      fc
        .tuple(fc.nat(4), tie('expression'), tie('expression'))
        .map(([name, a, b]): Program => ['((', { name }, ') => ', ...a, ')(', ...b, ')']),
      fc
        .tuple(fc.nat(4), tie('expression'), tie('expression'))
        .map(([name, a, b]): Program => [
          '(() => { let ',
          { name },
          ' = ',
          ...a,
          '; { const ',
          { name },
          ' = 1; } return (',
          ...b,
          ') })()',
        ]),
    ),
  }));
  const program = expression.map((body): Program => [
    '(',
    ...[0, 1, 2, 3, 4].flatMap((name) => [{ name }, ', ']),
    ') => ',
    ...body,
  ]);
  const spell = (parts: Program, names: readonly string[], space: string): string =>
    parts
      .map((part) => {
        if (typeof part === 'string') return part;
        if ('name' in part) return names[part.name];
        return 'literal' in part ? `${space}${part.literal}` : `${space}${ops[part.op]}${space}`;
      })
      .join('');

  it('keep their digest when variables are renamed and the source reformatted', async () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{2,5}x$/), { minLength: 5, maxLength: 5 });
    const space = fc.constantFrom(' ', '\n', '  /* - */ ', ' // *\n');
    await fc.assert(
      fc.asyncProperty(program, names, space, async (parts, renamed, gap) => {
        expect(await digestOf(spell(parts, renamed, gap))).toBe(
          await digestOf(spell(parts, ['a', 'b', 'c', 'd', 'e'], ' ')),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('change it when a literal or an operator changes', async () => {
    await fc.assert(
      fc.asyncProperty(program, fc.nat(), fc.integer({ min: 1, max: ops.length - 1 }), async (parts, pick, by) => {
        const places = parts.flatMap((part, at) => (typeof part === 'object' && !('name' in part) ? [at] : []));
        fc.pre(places.length > 0);
        const at = places[pick % places.length]!;
        const changed = parts.map((part, i) => {
          if (i !== at || typeof part === 'string' || 'name' in part) return part;
          return 'literal' in part ? { literal: part.literal + by } : { op: (part.op + by) % ops.length };
        });
        const names = ['a', 'b', 'c', 'd', 'e'];
        expect(await digestOf(spell(changed, names, ' '))).not.toBe(await digestOf(spell(parts, names, ' ')));
      }),
      { numRuns: 200 },
    );
  });
});
