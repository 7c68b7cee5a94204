// reprise gc, and the space that reprise rm frees.
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Collection } from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { ageOf } from '../../src/cli/age.js';
import { ProgressLine } from '../../src/cli/progress-line.js';
import { UsageError } from '../../src/cli/verb.js';
import { cli, script } from './support.js';

describe('gc', () => {
  test('says that there is nothing to free, and why superseded ops stay', async () => {
    const { session, call } = await cli();
    await session.run(script());
    const { code, out } = await call('gc');
    expect(code).toBe(0);
    expect(out).toMatch(/^Nothing to free in .*store\.\nSuperseded ops were kept; .*\nLeft: .* blobs\.\n$/);
  });

  test('frees what was superseded when asked to, after a dry run that says the same', async () => {
    const { session, call, json } = await cli();
    await session.run(script());
    await session.run(script({ lr: 0.2 }), { onDivergence: 'rerun' });
    expect((await call('gc', '--superseded', '30d', '--grace', '0')).out).toContain('Nothing to free');
    const dry = await json<Collection>('gc', '--superseded', '--grace', '0', '--dry-run');
    expect(dry.superseded).toBeGreaterThan(0);
    expect((await call('gc', '--superseded', '--grace', '0', '-n')).out).toMatch(
      /^Would remove \d+ superseded ops\.\nWould free .*\nThat would leave: .*\nNothing was changed: this was a dry run\.\n$/s,
    );
    const real = await json<Collection>('gc', '--superseded', '--grace', '0');
    expect(real).toEqual({ ...dry, dryRun: false });
    // What is live is whole: the script replays.
    const steps = session.counts.steps;
    await session.run(script({ lr: 0.2 }));
    expect(session.counts.steps).toBe(steps);
  });

  test('says what it frees, what it keeps, and why', async () => {
    const { session, folder, call } = await cli();
    await session.run(script());
    const old = new Date(Date.now() - 3_600_000);
    await mkdir(join(folder, 'blobs', 'ab'), { recursive: true });
    for (const [path, date] of [
      [`blobs/ab/${'ab'.repeat(32)}`, old],
      [`blobs/ab/ab${'cd'.repeat(31)}`, new Date()],
      ['tmp/1-2-3', old],
    ] as const) {
      await writeFile(join(folder, path), 'left');
      await utimes(join(folder, path), date, date);
    }
    const { out } = await call('gc');
    expect(out).toContain('Freed 8 B in 2 files of');
    expect(out).toContain('  4 B in 1 file left by a process that was killed before it had recorded them\n');
    expect(out).toContain('  4 B in 1 file that a process was killed over while it wrote them\n');
    expect(out).toContain(
      'Kept for now: 4 B in 1 file too young to go (--grace 5m; what a repair has set aside stays for a week).\n',
    );
  });

  test('does not guess what an age is meant to be', async () => {
    const { session, call } = await cli();
    await session.run(script());
    for (const age of ['5', '-1d', 'soon', '1.5h', '']) expect((await call('gc', `--grace=${age}`)).code).toBe(2);
    expect((await call('gc', '--grace', '5')).err).toContain("--grace takes an age such as 30d, 12h, 5m or 0, not '5'");
    expect((await call('gc', '--superseded', 'mnist')).code).toBe(2);
    expect((await call('gc', 'mnist')).code).toBe(2);
  });
});

test('an age is a number with a unit', () => {
  expect(['0', '90s', '5m', '12h', '30d', '2w'].map((text) => ageOf('grace', text))).toEqual([
    0, 90_000, 300_000, 43_200_000, 2_592_000_000, 1_209_600_000,
  ]);
  expect(() => ageOf('grace', '9999999999999999d')).toThrow(UsageError);
});

test('rm frees no more than the call itself where others need the rest', async () => {
  const { session, call, json } = await cli();
  await session.run(script());
  await call('tag', 'toy/1', 'kept');
  await call('tag', 'toy/a b/c', 'kept too');
  const { freed } = await json<{ freed: { count: number } }>('rm', 'toy/1/handle/evaluate#1');
  expect(freed.count).toBe(1);
  expect((await call('rm', 'toy/a b/c')).out).toMatch(/\nFreed .* in 1 file that nothing needs any more\.\n$/);
});

describe('progress', () => {
  function drawn(isTerminal: boolean, times: readonly number[]): string {
    let text = '';
    let now = 0;
    const line = new ProgressLine({ write: (more) => void (text += more), isTerminal, columns: 30 }, () => now);
    for (const [done, time] of times.entries()) {
      now = time;
      line.show({ what: 'blobs', done, total: 10 });
    }
    line.clear();
    return text;
  }

  test('is one line of a terminal, drawn anew, and taken away at the end', () => {
    expect(drawn(true, [0, 499, 500, 550, 700])).toBe(
      '\r\u001b[Kblobs: 2 of 10 (20 %)\r\u001b[Kblobs: 4 of 10 (40 %)\r\u001b[K',
    );
  });

  test('is not shown where it is over at once, and nowhere but on a terminal', () => {
    expect(drawn(true, [0, 400])).toBe('');
    expect(drawn(false, [0, 1000, 2000])).toBe('');
  });
});
