import { describe, expect, it } from 'vitest';
import { digestOf, refusal, written, type Fn } from './digests.js';

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

describe('chance and the clock', () => {
  it.each(['() => Math.random()', '() => Date.now()', '() => new Date()', '() => performance.now()'])(
    'are refused, as results have to follow from the seed: %s',
    async (source) => {
      expect(await refusal(source)).toMatchObject({ code: 'FREE_VARIABLE' });
    },
  );

  it('are not a Math of its own, nor dates of given times', async () => {
    await digestOf('(Math) => Math.random()');
    await digestOf('(time) => new Date(time)');
  });
});
