import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tests = join(root, 'test');
const execute = promisify(execFile);

/** Scripts as JavaScript, in a folder of their own from where they find the packages. */
export interface Compiled {
  /** Where the compiled form of a script is. */
  path(script: URL): string;
  remove(): Promise<void>;
}

/** Compiles scripts below test/, with what they import, so that Node alone runs them: a process starts in half the time that a loader takes. */
export async function compile(...scripts: readonly URL[]): Promise<Compiled> {
  const cache = join(root, '.cache', 'scripts');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'compiled-'));
  const flags =
    '--ignoreConfig --noCheck --module nodenext --target es2022 --lib es2023 --types node --skipLibCheck'.split(' ');
  const files = scripts.map((script) => fileURLToPath(script));
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  await execute(tsc, [...files, '--rootDir', tests, '--outDir', folder, ...flags], { cwd: tests });
  return {
    path: (script) => join(folder, relative(tests, fileURLToPath(script))).replace(/\.ts$/, '.js'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
