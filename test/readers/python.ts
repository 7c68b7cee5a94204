import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject, onTestFinished } from 'vitest';

/** Why there are no readers here; undefined where there are. */
export function unavailable(): string | undefined {
  const readers = inject('readers');
  return 'python' in readers ? undefined : readers.unavailable;
}

/**
 * Runs a script of peers/ in a folder, and returns what it says: one line of JSON. NaN and the infinities in it are texts.
 * @throws where it fails, with what it printed
 */
export async function ask<Answer>(script: string, folder: string, ...args: readonly string[]): Promise<Answer> {
  const readers = inject('readers');
  if (!('python' in readers)) throw new Error(readers.unavailable);
  const path = fileURLToPath(new URL(`peers/${script}`, import.meta.url));
  const options = { cwd: folder, maxBuffer: 2 ** 28, env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } };
  const { stdout } = await promisify(execFile)(readers.python, [path, ...args], options);
  return JSON.parse(stdout) as Answer;
}

/** A folder that goes when the test does. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-readers-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
