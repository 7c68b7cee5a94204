// As real processes: what a shell sees.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { cli, script } from './support.js';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('REPRISE_')));
  return spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    env: { ...clean, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  const written = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => (written.out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (written.err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...written };
}

test('prints to standard output without colours, and ends with 0', async () => {
  const { session, folder } = await cli();
  await session.run(script());
  const { code, out, err } = await ended(start(['log', 'toy'], { REPRISE_STORE: folder }));
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('train #1');
  expect(out).not.toContain('\u001B');
});

test('says what went wrong on standard error, and ends with 1 or 2', async () => {
  const { session, folder } = await cli();
  await session.run(script());
  const unknown = await ended(start(['show', 'nothing', '--store', folder]));
  expect(unknown).toEqual({
    code: 1,
    out: '',
    err: expect.stringMatching(/^reprise: The store has no .*\n$/) as string,
  });
  const misused = await ended(start(['show', '--store', folder]));
  expect(misused).toEqual({ code: 2, out: '', err: expect.stringContaining('Usage: reprise show <what>') as string });
});

test('ends quietly where nobody reads on', async () => {
  const { session, folder } = await cli();
  await session.run(async (model) => {
    await script()(model);
    // More than a pipe holds.
    await model.checkpoint(1).cached('much', {}, () => Array.from({ length: 50_000 }, (_, i) => `value ${i}`));
  });
  const child = start(['show', 'toy/1/handle/cached:much#1', '--json'], { REPRISE_STORE: folder });
  child.stdout?.once('data', () => child.stdout?.destroy());
  let err = '';
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  expect([code, err]).toEqual([0, '']);
});
