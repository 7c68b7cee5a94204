// The guide says of features which test proves them: `[the test’s name](../../path/of.test.ts)`. Those tests have to be there.
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const guide = new URL('../../docs/guide/', import.meta.url);
const proof = /\[([^\]]+)\]\((\.\.\/\.\.\/[^)]+\.test\.ts)\)/g;
/** A test’s name as it is written: behind `test(` and the like, or behind the cases of an `each`. */
const called = /(?:\b(?:test|it)|\))\(\s*(['"`])((?:\\.|(?!\1).)+)\1,/gs;

const pages = (await readdir(guide)).filter((name) => name.endsWith('.md'));
const named = await Promise.all(
  pages.map(async (page) => {
    const text = await readFile(new URL(page, guide), 'utf8');
    return Array.from(text.matchAll(proof), ([, title = '', path = '']) => ({ page, title, path }));
  }),
);
const proofs = named.flat();

async function testsIn(path: string): Promise<ReadonlySet<string>> {
  const source = await readFile(new URL(path, guide), 'utf8').catch(() => '');
  return new Set(Array.from(source.matchAll(called), ([, , title = '']) => title.replaceAll(/\\(.)/g, '$1')));
}

test('each test that the guide names is there, by that name', async () => {
  const paths = [...new Set(proofs.map(({ path }) => path))];
  const tests = new Map(await Promise.all(paths.map(async (path) => [path, await testsIn(path)] as const)));
  const missing = proofs.filter(({ path, title }) => tests.get(path)?.has(title) !== true);
  expect(missing).toEqual([]);
});

test('most rows of the table of Lightning’s features name one; those that do not, say why there is nothing to prove', async () => {
  const text = await readFile(new URL('lightning.md', guide), 'utf8');
  const rows = text
    .slice(text.indexOf('## Feature by feature'))
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (Lightning |-)/.test(line));
  expect(rows.length).toBeGreaterThan(80);
  const bare = rows.filter((row) => !row.includes('.test.ts)'));
  for (const row of bare) expect(row).toMatch(/Absent|write them where you like/);
});
