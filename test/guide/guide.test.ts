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
/** A folder inside the workspace, so that what runs there finds the packages. */
let folder = '';

beforeAll(async () => {
  const cache = join(root, 'node_modules', '.cache', 'scripts');
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, 'guide-'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  for (const { name, scripts } of pages) {
    await mkdir(join(folder, name));
    for (const { file, code } of scripts) await writeFile(join(folder, name, file), code);
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the code blocks of the guide', { timeout: 120_000 }, () => {
  test('pass the type check', async () => {
    const flags = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023'];
    const files = pages.flatMap(({ name, scripts }) => scripts.map(({ file }) => join(folder, name, file)));
    const typed = files.filter((file) => file.endsWith('.ts'));
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    const { stdout } = await execute(tsc, ['--ignoreConfig', ...flags, '--types', 'node', '--skipLibCheck', ...typed], {
      cwd: folder,
    }).catch((error: { stdout: string }) => error);
    expect(stdout).toBe('');
  });

  test.each(pages)('run, and print what the page $name shows', async ({ name, scripts, printed }) => {
    const lines: string[] = [];
    for (const { file } of scripts) {
      const args = file.endsWith('.ts') ? ['--import', 'tsx', file] : [file];
      const at = { cwd: join(folder, name), env: { ...process.env, NO_COLOR: '1' } };
      const { stdout } = await execute(process.execPath, args, at);
      lines.push(...linesOf(stdout));
    }
    expect(lines).toEqual(expect.arrayContaining([...printed]));
  });
});
