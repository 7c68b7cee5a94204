import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linesOf, pagesOf } from './pages.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const execute = promisify(execFile);
const pages = await pagesOf(new URL('../../docs/guide/', import.meta.url));
const scripts = pages.filter(({ script }) => script !== '');

/** A folder inside the workspace, so that what runs there finds the packages. */
let folder = '';

beforeAll(async () => {
  const cache = join(root, 'node_modules', '.cache', 'scripts');
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, 'guide-'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  for (const { name, script } of scripts) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'script.ts'), script);
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(page: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, NO_COLOR: '1' };
  const { stdout } = await execute(process.execPath, args, { cwd: join(folder, page), env });
  return stdout;
}

describe('every code block of the guide that is marked', { timeout: 120_000 }, () => {
  test('passes the type check', async () => {
    const flags = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023'];
    const files = scripts.map(({ name }) => join(folder, name, 'script.ts'));
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    const { stdout } = await execute(tsc, [...flags, '--types', 'node', '--skipLibCheck', ...files], { cwd: root }).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe('');
  });

  test.each(scripts)('runs, and prints what $name.md shows', async ({ name, printed }) => {
    const lines = linesOf(await run(name, '--import', 'tsx', 'script.ts'));
    expect(lines).toEqual(expect.arrayContaining([...printed]));
  });

  test.each(pages.flatMap(({ name, javascript }) => javascript.map((code) => ({ name, code }))))(
    'runs as JavaScript in $name.md',
    async ({ name, code }) => {
      const file = /^import /m.test(code) ? 'script.mjs' : 'script.cjs';
      await writeFile(join(folder, name, file), code);
      await expect(run(name, file)).resolves.toContain('reprise:');
    },
  );
});
