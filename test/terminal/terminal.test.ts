// A script on a real terminal: what is on the screen when it has ended, whichever way it ended.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Screen } from '../support/screen.js';

/** Of util-linux: runs a command on a terminal of its own. */
const hasTerminals = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;
const root = fileURLToPath(new URL('../../', import.meta.url));
const trains = fileURLToPath(new URL('trains.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly screen: Screen;
  /** All that the terminal was sent. */
  readonly sent: string;
}

/** Runs the script on a terminal. @param keys typed when the bar has been drawn a few times */
async function run(
  env: NodeJS.ProcessEnv,
  { columns = 80, keys }: { readonly columns?: number; readonly keys?: string } = {},
): Promise<Ended> {
  // Inside the workspace, from where the loader is found.
  const cache = join(root, '.cache', 'scripts');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'terminal-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const command = `stty cols ${columns} rows 40; exec '${process.execPath}' --import tsx '${trains}'`;
  const child: ChildProcess = spawn('script', ['-qefc', command, '/dev/null'], {
    cwd: folder,
    env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: '', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let sent = '';
  let typed = false;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    sent += text;
    if (keys === undefined || typed || sent.split('\x1b[2A').length < 4) return;
    typed = true;
    child.stdin?.write(keys);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const screen = new Screen(columns);
  await screen.put(sent);
  return { code, screen, sent };
}

describe.skipIf(!hasTerminals)('on a terminal', { timeout: 60_000 }, () => {
  test.each([80, 40])('of %i columns, what is printed stays and the bar goes', async (columns) => {
    const { code, screen, sent } = await run({ SAY: 'yes' }, { columns });
    expect(code).toBe(0);
    expect(sent.split('\x1b[2A').length).toBeGreaterThan(5);
    expect(sent).toContain('\x1b[36m━');
    const said = Array.from({ length: 5 * 32 + 4 * 32 }, (_, i) => `said after ${i + 1} batches`);
    const { above } = screen;
    expect(above.filter((text) => text.startsWith('said '))).toEqual(said);
    const others = above.filter((text) => !text.startsWith('said '));
    const expected = [
      /^\[1\] train #1$/,
      /^before +val_loss \d\.\d{4} {2}val_batches 32\.0000$/,
      ...[1, 2, 3, 4].map((epoch) => new RegExp(`^epoch ${epoch}/4  loss .* s$`)),
      /^reprise: terminal: 1 run/,
    ];
    expect(others).toHaveLength(expected.length);
    for (const [i, each] of expected.entries()) expect(others[i]).toMatch(each);
    expect(screen.below).toEqual([]);
  });

  test('NO_COLOR takes the colours away', async () => {
    const { sent } = await run({ NO_COLOR: '1' });
    expect(sent).toContain('━');
    expect(sent).not.toMatch(/\x1b\[[\d;]*m/);
  });

  test('a terminal whose cursor can’t be moved gets plain lines', async () => {
    const { code, sent } = await run({ TERM: 'dumb' });
    expect(code).toBe(0);
    expect(sent).not.toContain('\x1b');
    expect(sent).toContain('epoch 4/4');
  });

  test('Ctrl-C in a recorded train leaves what was printed, and below it why it ended', async () => {
    const { code, screen } = await run({ EPOCHS: '1000' }, { keys: '\x03' });
    expect(code).not.toBe(0);
    const { above } = screen;
    expect(above.slice(0, 2)).toEqual(['[1] train #1', expect.stringMatching(/^before /)]);
    const at = above.findIndex((text) => text.startsWith('SIGINT: train #1 ends after this step'));
    expect(at).toBeGreaterThan(1);
    expect(above[at + 1]).toMatch(/^\[1\] train #1 stopped: .* stored/);
    expect(above.join('\n')).not.toMatch(/[━─]|samples\/s/);
    expect(above.join('\n')).toContain('INTERRUPTED');
    expect(screen.below).toEqual([]);
  });

  test('Ctrl-C where nothing is recorded ends the process as a signal does, and the bar goes', async () => {
    const { code, screen } = await run({ UNRECORDED: 'yes', EPOCHS: '1000' }, { keys: '\x03' });
    // The shell's way to say that SIGINT ended it.
    expect(code).toBe(130);
    expect(screen.above.join('\n')).not.toMatch(/[━─]|samples\/s/);
    expect(screen.below).toEqual([]);
  });

  test('a process that exits in the middle takes the bar with it', async () => {
    const { code, screen, sent } = await run({ EXIT_AT: '120' });
    expect(code).toBe(3);
    expect(sent).toContain('━');
    expect(screen.above.join('\n')).not.toMatch(/[━─]|samples\/s/);
    expect(screen.below).toEqual([]);
  });
});
