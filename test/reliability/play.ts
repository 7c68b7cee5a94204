import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Figures, machine, type Result } from './result.js';
import type { Suite } from './suites.js';

/** Runs a suite as package.json says, and reads the last line that it prints. What it says beside that is passed on. */
export async function play(root: string, { script, args }: Suite): Promise<Result> {
  const command = ['pnpm', script, ...args].join(' ');
  const about = { command, date: new Date().toISOString().slice(0, 10), machine: machine() };
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: { readonly [name: string]: string };
  };
  const line = scripts[script];
  if (line === undefined) return { ...about, seconds: 0, failed: `package.json has no script '${script}'` };
  const begun = performance.now();
  const { output, code } = await run(root, [line, ...args].join(' '));
  const seconds = Math.round((performance.now() - begun) / 1000);
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  const figures = figuresIn(last);
  if (figures === undefined) {
    return { ...about, seconds, failed: `it ended with exit code ${code}, and its last line is no JSON object` };
  }
  if (typeof figures['skipped'] === 'string') return { ...about, seconds, failed: `skipped: ${figures['skipped']}` };
  return { ...about, seconds, figures };
}

function run(root: string, line: string): Promise<{ readonly output: string; readonly code: number | null }> {
  // As a package manager does.
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`;
  const child = spawn(line, {
    cwd: root,
    shell: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: path },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    process.stdout.write(text);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ output, code }));
  });
}

function figuresIn(line: string): Figures | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Figures) : undefined;
  } catch {
    return undefined;
  }
}
