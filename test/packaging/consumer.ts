import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../nodes/release.js';
import type { NodeRelease } from '../nodes/release.js';

export const root: string = fileURLToPath(new URL('../../', import.meta.url));

export interface Outcome {
  readonly code: number;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/** Runs a program to its end, without a terminal. */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}

/** As `run`, for what has to succeed. */
export async function must(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  const { code, output } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}

/** Packs every package of the workspace as it would be published; name → tarball. */
export async function packAll(): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-pack-'));
  const tarballs = new Map<string, string>();
  for (const entry of await readdir(join(root, 'packages'))) {
    const cwd = join(root, 'packages', entry);
    const { name, version } = JSON.parse(await readFile(join(cwd, 'package.json'), 'utf8')) as {
      name: string;
      version: string;
    };
    await must('pnpm', ['pack', '--pack-destination', folder], { cwd, env: process.env });
    tarballs.set(name, join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`));
  }
  return tarballs;
}

/** npm of a version, from the registry: the path of its entry. */
async function installNpm(version: string, release: NodeRelease): Promise<string> {
  const folder = join(cacheFolder(release.version), `npm-${version}`);
  await mkdir(folder, { recursive: true });
  await must('npm', ['install', '--prefix', folder, `npm@${version}`], { cwd: folder, env: userEnv(release) });
  return join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js');
}

/** What a person's shell holds: nothing of pnpm, vitest or this workspace. */
export function userEnv(release: NodeRelease): NodeJS.ProcessEnv {
  const kept = new Set(['npm_config_registry', 'npm_config_cafile', 'npm_config_nodedir']);
  const ours = /^(npm_|pnpm_|vitest|vite_|node_env$|node_options$|node_path$|reprise_|test$|dev$|prod$|mode$)/i;
  const entries = Object.entries(release.env).filter(([name]) => kept.has(name) || !ours.test(name));
  return Object.fromEntries(entries);
}

export interface ConsumerOptions {
  readonly release: NodeRelease;
  readonly npm: string;
  /** Whether install scripts run: those of better-sqlite3; onnxruntime-node's is told to fetch nothing. */
  readonly scripts: boolean;
  readonly tarballs: ReadonlyMap<string, string>;
  /** Further packages, name → version. */
  readonly packages: Readonly<Record<string, string>>;
}

/** An empty folder into which the packages were installed as a user installs them. */
export async function createConsumer(options: ConsumerOptions): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-consumer-'));
  const own: Record<string, string> = {};
  for (const [name, tarball] of options.tarballs) if (name !== '@reprise/conformance') own[name] = `file:${tarball}`;
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { ...own, ...options.packages },
    // npm 12 runs no install script that isn't allowed here; npm 11 doesn't know the field.
    allowScripts: { 'better-sqlite3': options.scripts },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  const npm = await installNpm(options.npm, options.release);
  const env = { ...userEnv(options.release), ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const flags = ['--no-audit', '--no-fund', ...(options.scripts ? [] : ['--ignore-scripts'])];
  await must('node', [npm, 'install', ...flags], { cwd: folder, env });
  return folder;
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
