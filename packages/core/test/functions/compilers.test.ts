import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInThisContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintFunction } from '../../src/functions/fingerprint.js';
import { userFunction } from '../../src/functions/user-function.js';
import type { Digest } from '../../src/values/digest.js';
import { hasher } from './digests.js';

/** What is between ‹ and › is a type: TypeScript reads it, and Node's type stripping puts blanks there. */
const marked = {
  'center-of.ts': `
export default function centerOf(x‹: number›)‹: number› { return x - 1; }
`,
  'stats.ts': `
export const offset‹: number› = 2;
export function scale(x‹: number›)‹: number› { return x * 3; }
`,
  'subject.ts': `
import centerOf from './center-of.js';
import { offset } from './stats.js';
import * as stats from './stats.js';
import { scale } from './stats.js';
export const LR‹: number› = 1e-3;
function helper(x‹: number›)‹: number› { return x + offset; }
export async function update(‹this: void, ›state‹: { total: number }›, xs‹: readonly number[]›, label‹?: string›)‹: Promise<number | undefined>› {
  // a comment
  ‹type Local = { readonly a: number };›
  ‹interface Other { b: string }›
  const first = xs[0]‹! as number›;
  const inner = (v‹: number›)‹: number› => scale(v) + LR;
  function nested‹<T extends number>›(v‹: T›)‹: number› { return helper(v) * (v‹ as number›); }
  class Box‹<T>› {
    ‹readonly› value‹: T›;
    static made = 0;
    constructor(value‹: T›) { this.value = value; Box.made++; }
    get()‹: T› { return this.value; }
  }
  const Anonymous = class { x = function () { return 1; } };
  const local‹: Local› = { a: new Box‹<number>›(first).get() };
  const big = 1_000_000, s = 'it\\'s', t = \`plain\`, inf = Infinity, { length: n = 1 } = xs;
  if (label === undefined) return void 0;
  outer: for (const x of xs) {
    for (let i = 0; i < 2; i++) if (i === n) continue outer;
    state.total += inner(x) + nested(x)‹ satisfies number›;
  }
  try { await Promise.all([]); } catch { return; }
  const generate = function* ()‹: Generator<number>› { yield* [1]; };
  return state.total + local.a + big + s.length + t.length + inf + stats.offset + (state?.total ?? 0) - scale(1) + centerOf(first)
    + new Anonymous().x() + [...generate()].length;
}
export const deps = { offset, scale, LR, helper, stats, centerOf };
`,
};
const typed = (text: string): string => text.replaceAll(/[‹›]/g, '');
const blanked = (text: string): string =>
  text.replaceAll(/‹[^›]*›/g, (type) => type.slice(2).replaceAll(/[^\n]/g, ' '));

const require = createRequire(import.meta.url);
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
const tsx = require.resolve('tsx/package.json');
const esbuild = createRequire(tsx)('esbuild') as {
  transformSync(code: string, options: { readonly [name: string]: unknown }): { readonly code: string };
};

const folder = mkdtempSync(join(tmpdir(), 'reprise-compilers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder of modules, and what runs them. */
function project(name: string, type: 'module' | 'commonjs', files: { readonly [file: string]: string }): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'package.json'), JSON.stringify({ type }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

const probe = `
  const [, subject] = process.argv;
  import(subject).then(({ default: whole, ...named }) => {
    const { update, deps } = named.update ? named : whole;
    const sources = Object.entries({ update, ...deps }).filter(([, value]) => typeof value === 'function');
    console.log(JSON.stringify(Object.fromEntries(sources.map(([name, fn]) => [name, String(fn)]))));
  });
`;

/** The digest of `update`, its functions taken from the modules as Node has them in memory. */
async function digestIn(path: string, file = 'subject.js', args: readonly string[] = []): Promise<Digest> {
  const output = execFileSync(process.execPath, [...args, '--eval', probe, pathToFileURL(join(path, file)).href], {
    encoding: 'utf8',
  });
  const sources = JSON.parse(output) as { readonly [name: string]: string };
  const fn = (name: string): ((...args: never[]) => unknown) => runInThisContext(`(${sources[name]})`) as () => unknown;
  const [scale, helper, centerOf] = [fn('scale'), fn('helper'), fn('centerOf')];
  const deps = { offset: 2, scale, LR: 1e-3, helper, centerOf, stats: { offset: 2, scale } };
  return fingerprintFunction(userFunction(fn('update'), { deps }), hasher);
}

const sources = Object.entries(marked).map(([file, text]) => [file, typed(text)] as const);
const map = (edit: (text: string) => string, from = sources): { readonly [file: string]: string } =>
  Object.fromEntries(from.map(([file, text]) => [file.replace('.ts', '.js'), edit(text)]));
const esbuilt = (options: { readonly [name: string]: unknown }): { readonly [file: string]: string } =>
  map((text) => esbuild.transformSync(text, { loader: 'ts', target: 'node20', ...options }).code);

describe('one source', () => {
  let expected: Digest;
  beforeAll(async () => {
    expected = await digestIn(project('blanked', 'module', map(blanked, Object.entries(marked))));
  });

  it('has one digest as Node strips its types', async () => {
    const strip = (nodeModule as { stripTypeScriptTypes?: (code: string) => string }).stripTypeScriptTypes;
    if (strip !== undefined) expect(await digestIn(project('stripped', 'module', map(strip)))).toBe(expected);
  });

  it.each(['esnext', 'commonjs'] as const)('has the same digest as tsc compiles it to %s modules', async (kind) => {
    const path = project(`tsc-${kind}`, kind === 'esnext' ? 'module' : 'commonjs', Object.fromEntries(sources));
    const options = [
      '--module',
      kind,
      '--moduleResolution',
      'bundler',
      '--target',
      'es2022',
      '--types',
      '',
      '--ignoreConfig',
    ];
    execFileSync(process.execPath, [tsc, ...options, 'subject.ts'], { cwd: path, encoding: 'utf8' });
    expect(await digestIn(path)).toBe(expected);
  });

  it.each([
    ['ES modules', 'module', { format: 'esm' }],
    ['ES modules, names kept', 'module', { format: 'esm', keepNames: true }],
    ['CommonJS, names kept', 'commonjs', { format: 'cjs', keepNames: true }],
    ['CommonJS, white space removed', 'commonjs', { format: 'cjs', keepNames: true, minifyWhitespace: true }],
  ] as const)('has the same digest as esbuild compiles it to %s', async (name, type, options) => {
    expect(await digestIn(project(`esbuild ${name}`, type, esbuilt(options)))).toBe(expected);
  });

  it.each(['module', 'commonjs'] as const)(
    'has the same digest as tsx runs it in a package of type %s',
    async (type) => {
      const path = project(`tsx-${type}`, type, Object.fromEntries(sources));
      expect(
        await digestIn(path, 'subject.ts', ['--import', pathToFileURL(join(dirname(tsx), 'dist/loader.mjs')).href]),
      ).toBe(expected);
    },
  );
});
