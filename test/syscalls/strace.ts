import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Process } from '../durability/process.js';
import type { Said } from '../durability/say.js';
import type { Call, Fate } from './calls.js';

/** Why system calls can't be tampered with here; undefined where they can. */
export function unavailable(): string | undefined {
  const tried = spawnSync('strace', ['-qq', '-e', 'trace=none', 'true'], { encoding: 'utf8' });
  if (tried.error !== undefined) return 'strace is not installed';
  return tried.status === 0 ? undefined : `strace can't trace here: ${tried.stderr.trim()}`;
}

/** How a process under strace ended. */
export interface Ended {
  readonly said: readonly Said[];
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly errors: string;
  readonly trace: string;
  readonly hung: boolean;
}

/** One thread in the pool, so that its calls come in the same order each time. */
const env = { UV_THREADPOOL_SIZE: '1' };
const longest = 60_000;

/** Runs a script to its end, and lists its calls. */
export function traced(script: string, args: readonly string[]): Promise<Ended> {
  return straced(['-f', '-y', '-e', 'trace=%file,%desc'], script, args);
}

/** The same, with one call replaced by its fate. */
export function tampered(
  script: string,
  args: readonly string[],
  path: string,
  call: Call,
  fate: Fate,
): Promise<Ended> {
  const does = fate === 'kill' ? 'signal=KILL' : `error=${fate}`;
  const { syscall, when } = call;
  return straced(
    ['-f', '-P', path, '-e', `trace=${syscall}`, '-e', `inject=${syscall}:${does}:when=${when}`],
    script,
    args,
  );
}

async function straced(options: readonly string[], script: string, args: readonly string[]): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-strace-'));
  const output = join(folder, 'trace');
  const said: Said[] = [];
  const all = ['-qq', '-o', output, ...options, process.execPath, script, ...args];
  const strace = new Process('strace', all, env, (line) => said.push(line));
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    // What it traces is let go, and ends when nobody reads what it says.
    strace.kill();
  }, longest);
  try {
    await strace.gone;
    const { exitCode: code, signalCode: signal } = strace.child;
    return { said, code, signal, errors: strace.errors, trace: readFileSync(output, 'utf8'), hung };
  } finally {
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  }
}
