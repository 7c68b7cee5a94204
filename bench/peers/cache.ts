import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A folder for what a bench installs for itself, made where it is missing, and kept. */
export async function cacheFolder(name: string): Promise<string> {
  const folder = fileURLToPath(new URL(`../../node_modules/.cache/bench/${name}/`, import.meta.url));
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Runs an installer, saying so first. */
export async function install(what: string, command: string, args: readonly string[], folder: string): Promise<void> {
  console.log(`Installing ${what} in ${join('node_modules', '.cache', 'bench')}, once …`);
  await execute(command, [...args], { cwd: folder, maxBuffer: 1 << 28, shell: process.platform === 'win32' });
}
