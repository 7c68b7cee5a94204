import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A Python that has the reference readers, or why there is none. */
export type Readers = { readonly python: string } | { readonly unavailable: string };

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));
const cache = fileURLToPath(new URL('../../.cache/readers/', import.meta.url));

/**
 * Makes a virtual environment with what requirements.txt lists, or finds the one that an earlier run made. Takes some seconds, and a
 * network that reaches PyPI.
 */
export function installReaders(): Readers {
  const version = command('python3', ['-c', 'import platform; print(platform.python_version())']);
  if (!version.done) return { unavailable: 'python3 is not installed' };
  const key = createHash('sha256').update(readFileSync(requirements)).update(version.said).digest('hex').slice(0, 12);
  const folder = join(cache, key);
  const python = join(folder, 'bin', 'python');
  const ready = join(folder, 'ready');
  if (existsSync(ready)) return { python };
  rmSync(folder, { recursive: true, force: true });
  installVenv();
  const made = command('python3', ['-m', 'venv', folder]);
  if (!made.done) return { unavailable: `python3 can't make a virtual environment: ${made.said}` };
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:'];
  const installed = command(python, [...pip, '--no-deps', '-r', requirements]);
  if (!installed.done) return { unavailable: `their packages can't be had from PyPI: ${installed.said}` };
  writeFileSync(ready, '');
  return { python };
}

/** Debian has what virtual environments need in a package of its own. */
function installVenv(): void {
  if (command('python3', ['-c', 'import ensurepip, venv']).done || process.getuid?.() !== 0) return;
  if (!command('apt-get', ['update', '-qq']).done) return;
  command('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'python3-venv']);
}

/** Runs a program; `said` is the last line of its output, or of its errors where it failed. */
function command(name: string, args: readonly string[]): { readonly done: boolean; readonly said: string } {
  const { error, status, stdout, stderr } = spawnSync(name, args, { encoding: 'utf8', timeout: 180_000 });
  const done = error === undefined && status === 0;
  const lines = (done ? stdout : error === undefined ? stderr || stdout : error.message).trim().split('\n');
  return { done, said: lines.at(-1) ?? '' };
}
