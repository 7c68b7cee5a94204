/**
 * `pnpm test:nodes [version …]`: the test suite on other versions of Node. Each has a copy of the workspace of its own,
 * since native bindings are compiled for one version.
 */
import { spawn } from 'node:child_process';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, installRelease, releasesAvailable } from './release.js';
import type { NodeRelease } from './release.js';

const versions = ['22.23.3', '24.21.0', '26.10.0'];
const root = fileURLToPath(new URL('../../', import.meta.url));
const leftOut = new Set(['.git', '.cache', '.reprise', 'node_modules', 'dist', 'coverage']);

async function copyWorkspace(to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  for (const name of await readdir(root)) {
    if (leftOut.has(name)) continue;
    await cp(join(root, name), join(to, name), { recursive: true, filter: (path) => !leftOut.has(basename(path)) });
  }
}

function pnpm(args: readonly string[], { env }: NodeRelease, cwd: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('pnpm', args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

async function runOn(version: string): Promise<boolean> {
  console.log(`\n== Node ${version}`);
  const release = await installRelease(version);
  const workspace = join(cacheFolder(version), 'workspace');
  await copyWorkspace(workspace);
  if ((await pnpm(['install', '--frozen-lockfile'], release, workspace)) !== 0) return false;
  return (await pnpm(['run', 'test'], release, workspace)) === 0;
}

async function main(asked: readonly string[]): Promise<number> {
  if (!releasesAvailable) {
    console.log(
      `Skipped: other versions of Node are fetched for linux-x64 only, this is ${process.platform}-${process.arch}.`,
    );
    return 0;
  }
  const chosen = asked.length === 0 ? versions : versions.filter((version) => asked.includes(version.split('.')[0]!));
  if (chosen.length === 0) {
    console.error(`No such version: ${asked.join(', ')}. Known major versions are those of ${versions.join(', ')}.`);
    return 2;
  }
  const failed: string[] = [];
  for (const version of chosen) if (!(await runOn(version))) failed.push(version);
  console.log(
    `\n${failed.length === 0 ? `Passed on Node ${chosen.join(', ')}` : `Failed on Node ${failed.join(', ')}`}`,
  );
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
