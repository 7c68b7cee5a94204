import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Process } from '../durability/process.js';
import type { Said } from '../durability/say.js';
import { scratchFolder } from '../durability/scratch.js';
import { type Operation, parseRecord } from './record.js';

const recorder = fileURLToPath(new URL('recorder.py', import.meta.url));
const python = '/usr/bin/python3';

/** Why a file system can't be recorded here; undefined where it can. */
export function unavailable(): string | undefined {
  if (!existsSync('/dev/fuse')) return 'this machine has no FUSE (/dev/fuse)';
  const modules = 'try:\n import fusepy\nexcept ImportError:\n import fuse\n fuse.FUSE';
  if (spawnSync(python, ['-c', modules]).status !== 0) return `${python} has no fusepy`;
  if (spawnSync('fusermount', ['-V']).error !== undefined) return 'fusermount is not installed';
  return undefined;
}

/** What a process did to a disk, and what it said meanwhile. */
export interface Recording {
  readonly operations: readonly Operation[];
  readonly said: readonly Said[];
}

/** Runs a script on a store that lies on a recorded file system. @throws where it fails, or nothing can be mounted */
export async function record(script: string): Promise<Recording> {
  const scratch = await scratchFolder();
  const [backing, mountpoint, log] = ['backing', 'mountpoint', 'log'].map((name) => join(scratch, name)) as [
    string,
    string,
    string,
  ];
  await Promise.all([mkdir(backing), mkdir(mountpoint)]);
  const server = spawn(python, [recorder, backing, mountpoint, log], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const gone = new Promise<void>((resolve) => server.on('close', () => resolve()));
  try {
    await mounted(
      mountpoint,
      () => server.exitCode !== null,
      () => errors,
    );
    const said: Said[] = [];
    const worker = new Process(process.execPath, [script, join(mountpoint, 'store')], { SAID_IN: mountpoint }, (line) =>
      said.push(line),
    );
    await worker.gone;
    if (worker.child.exitCode !== 0) {
      throw new Error(`The workload failed: ${JSON.stringify(said.at(-1))} ${worker.errors} ${errors}`);
    }
    spawnSync('fusermount', ['-u', mountpoint]);
    await gone;
    return { operations: parseRecord(await readFile(log, 'utf8')), said };
  } finally {
    spawnSync('fusermount', ['-u', '-z', mountpoint]);
    server.kill();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function mounted(mountpoint: string, failed: () => boolean, errors: () => string): Promise<void> {
  const before = statSync(mountpoint).dev;
  const until = performance.now() + 10_000;
  while (statSync(mountpoint).dev === before) {
    if (failed() || performance.now() > until) throw new Error(`Nothing could be mounted: ${errors()}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
