import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import process from 'node:process';

/** What the last line of a suite says. */
export type Figures = { readonly [name: string]: unknown };

/** One suite's run. */
export interface Result {
  readonly command: string;
  readonly date: string;
  readonly machine: string;
  readonly seconds: number;
  readonly figures?: Figures;
  /** Why there are no figures. */
  readonly failed?: string;
}

export type Results = { readonly [suite: string]: Result };

/** The machine, as far as it bears on figures. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${availableParallelism()} cores (${model}), ${systemName()}, Node ${process.versions.node}`;
}

function systemName(): string {
  try {
    const [, name] = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
    if (name !== undefined) return name;
  } catch {
    // Not every system says it there.
  }
  return process.platform === 'win32' ? 'Windows' : execFileSync('uname', ['-sr'], { encoding: 'utf8' }).trim();
}
