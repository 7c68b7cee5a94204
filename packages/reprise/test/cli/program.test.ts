// The command line as a program: help, exit codes, colours, where the store is.
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../../test/support/session.js';
import { manual } from '../../src/cli/manual.js';
import { callWith, cli, script } from './support.js';

const escape = '\u001B[';

describe('help', () => {
  test.each([[], ['--help'], ['help']])('is what %j prints, with every verb', async (...args) => {
    const { code, out, err } = await callWith(args, {});
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^Usage: reprise \[options\] <verb>\n/);
    for (const { summary } of manual) expect(out.replaceAll(/\s+/g, ' ')).toContain(summary);
    expect(manual.map(({ name }) => name)).toEqual([
      'ls',
      'log',
      'tree',
      'show',
      'diff',
      'explain',
      'rerun',
      'accept',
      'tag',
      'rm',
      'gc',
      'verify',
      'repair',
    ]);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test.each(manual)('of $name has two examples or more, and the same by --help', async ({ name, examples }) => {
    const { code, out } = await callWith(['help', name], {});
    expect(code).toBe(0);
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const [command] of examples) expect(out).toContain(command);
    expect(out).toContain('--store <folder>');
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect((await callWith([name, '--help'], {})).out).toBe(out);
  });

  test('the version is the package’s', async () => {
    expect((await callWith(['--version'], {})).out).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('exits with 2 and the usage line', () => {
  test.each([
    [['lss'], "unknown verb 'lss'", 'Did you mean ls?', 'Usage: reprise [options] <verb>'],
    [['log'], "missing required argument 'what'", 'Usage: reprise log [options] <what>'],
    [['ls', 'a', 'b'], 'too many arguments', 'Usage: reprise ls [model]'],
    [['rm', 'a', '--forced'], "unknown option '--forced'", 'Usage: reprise rm [options] <what>'],
    [['--store'], "option '--store <folder>' argument missing", 'Usage: reprise [options] <verb>'],
    [['--json'], 'Usage: reprise [options] <verb>'],
  ])('where %j is not understood', async (args, ...parts) => {
    const { code, out, err } = await callWith(args, {});
    expect([code, out]).toEqual([2, '']);
    for (const part of parts) expect(err).toContain(part);
  });
});

describe('the store', () => {
  test('is where the option says, else the environment, else .reprise in the working directory', async () => {
    const { session, folder } = await cli();
    await session.run(script());
    const ls = (args: readonly string[], around: Parameters<typeof callWith>[1]) => callWith([...args, 'ls'], around);
    const parent = dirname(folder);
    expect((await ls(['--store', folder], { env: { REPRISE_STORE: '/nowhere' } })).out).toContain('toy');
    expect((await ls([], { env: { REPRISE_STORE: folder } })).out).toContain('toy');
    expect((await ls(['--store', basename(folder)], { folder: parent })).out).toContain('toy');
    expect((await callWith(['ls', `--store=${folder}`], {})).out).toContain('toy');
    const nothing = await ls([], { folder: parent, env: { REPRISE_STORE: '' } });
    expect([nothing.code, nothing.err]).toEqual([1, expect.stringContaining(join(parent, '.reprise'))]);
  });

  test('that is not there is not made by looking', async () => {
    const folder = await temporaryFolder();
    const missing = join(folder, 'missing');
    for (const args of [['ls'], ['show', 'a'], ['rm', 'a'], ['tag', 'a', 'b']]) {
      const { code, out, err } = await callWith(['--store', missing, ...args], {});
      expect([code, out]).toEqual([1, '']);
      expect(err).toContain(`reprise: There is no store in ${missing}.`);
      expect(err).toContain('REPRISE_STORE');
    }
    expect(existsSync(missing)).toBe(false);
    await writeFile(join(folder, 'notes.txt'), 'mine');
    expect((await callWith(['--store', folder, 'ls'], {})).code).toBe(1);
    expect(await readdir(folder)).toEqual(['notes.txt']);
  });

  test('that is broken is said so, without a stack', async () => {
    const { session, folder } = await cli();
    await session.run(script());
    await writeFile(join(folder, 'format.json'), 'nonsense');
    const { code, err } = await callWith(['--store', folder, 'ls'], {});
    expect(code).toBe(1);
    expect(err).toMatch(/^reprise: .*format\.json.* \[STORE_CORRUPT\]\n$/);
  });

  test('is named in what is to be typed next', async () => {
    const { session, folder } = await cli();
    await session.run(script());
    const { out } = await callWith(['--store', folder, 'rerun', 'toy/1/train#1'], {});
    expect(out).toMatch(new RegExp(`reprise --store ${folder} rerun \\d+ --undo`));
  });
});

describe('colours', () => {
  test.each([
    ['on a terminal', { terminal: true }, [], true],
    ['in a pipe', {}, [], false],
    ['with NO_COLOR', { terminal: true, env: { NO_COLOR: '1' } }, [], false],
    ['with --no-color', { terminal: true }, ['--no-color'], false],
    ['on a dumb terminal', { terminal: true, env: { TERM: 'dumb' } }, [], false],
    ['with --json', { terminal: true }, ['--json'], false],
  ])('%s', async (_, around, options, coloured) => {
    const { session, folder } = await cli();
    await session.run(script());
    for (const args of [
      ['ls'],
      ['log', 'toy'],
      ['tree'],
      ['show', 'toy/1/train#1'],
      ['explain', 'toy/1/train#1'],
      ['diff', 'toy/1', 'toy/a b/c'],
    ]) {
      const { code, out } = await callWith(['--store', folder, ...args, ...options], around);
      expect(code).toBe(0);
      expect(out.includes(escape)).toBe(coloured);
    }
  });
});

test('lines fit the terminal, and are whole in a pipe', async () => {
  const { session, folder } = await cli();
  await session.run(script(), { description: 'a description that goes on and on, as descriptions may, until the end' });
  const ls = ['--store', folder, '--no-color', 'ls'];
  const narrow = (await callWith(ls, { terminal: true, columns: 72 })).out;
  for (const line of narrow.split('\n')) expect(line.length).toBeLessThanOrEqual(72);
  expect(narrow).toContain('…');
  expect((await callWith(ls, {})).out).toContain('until the end');
});

test('control characters of ids and descriptions are written out', async () => {
  const { session, call, json } = await cli();
  await session.run(script(), { id: `a\u001B[2Jb\n`, description: 'one\r\ntwo' });
  const { out } = await call('ls');
  expect(out).toContain(String.raw`a\u001b[2Jb\n`);
  expect(out).toContain(String.raw`one\r\ntwo`);
  expect(out.split('\n')).toHaveLength(3);
  expect(await json('ls')).toMatchObject({ models: [{ id: `a\u001B[2Jb\n` }] });
});
