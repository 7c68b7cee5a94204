// reprise verify and repair: damage is found, healed from copies or from the log, or left for the script to compute.
import { cp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repair, Verification } from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { damageRecords } from './damage.js';
import { type Cli, cli, script } from './support.js';

/** The files of blobs, those of states and of calls apart. */
async function blobFiles({ folder, withStore }: Cli): Promise<{ states: string[]; calls: string[] }> {
  const states = await withStore(async ({ log }) => {
    const records = await Promise.all((await log.entries({})).map(({ record }) => log.record(record)));
    return new Set(records.map((record) => record?.stateAfter?.slice('blake3-'.length) ?? ''));
  });
  const names = (await readdir(join(folder, 'blobs'), { recursive: true })).filter((name) =>
    /[0-9a-f]{64}$/.test(name),
  );
  const path = (name: string): string => join(folder, 'blobs', name);
  const isState = (name: string): boolean => states.has(name.slice(3));
  return { states: names.filter(isState).map(path), calls: names.filter((name) => !isState(name)).map(path) };
}

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  await rm(path);
  await writeFile(path, bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1));
}

describe('verify', () => {
  test('says that a store is whole, quickly or byte by byte', async () => {
    const { session, call, json } = await cli();
    await session.run(script());
    const quick = await call('verify');
    expect([quick.code, quick.out]).toEqual([0, expect.stringContaining('Bytes were not read')]);
    const full = await call('verify', '--full');
    expect([full.code, full.out]).toEqual([0, expect.stringMatching(/is whole: every byte of \d+ blobs/)]);
    expect(await json<Verification>('verify')).toMatchObject({ full: false, damages: [] });
  });

  test('finds a flipped byte when it reads them, a missing file and a damaged record at once, and names the ops', async () => {
    const at = await cli();
    await at.session.run(script());
    const { states } = await blobFiles(at);
    await flip(states[0] as string);
    expect((await at.call('verify')).code).toBe(0);
    const { code, out } = await at.call('verify', '--full');
    expect(code).toBe(1);
    expect(out).toMatch(/blob damaged: blake3-[0-9a-f]{64} of #\d/);
    await rm(states[1] as string);
    damageRecords(join(at.folder, 'log.db'), 'evaluate');
    const second = await at.call('verify');
    expect(second.code).toBe(1);
    expect(second.out).toMatch(/blob missing/);
    expect(second.out).toMatch(/record damaged: .* of #\d/);
  });
});

describe('repair', () => {
  test('heals from a copy of the store, after a dry run that says the same', async () => {
    const at = await cli();
    await at.session.run(script());
    const copy = join(at.session.folder, 'copy');
    await cp(at.folder, copy, { recursive: true });
    const { states } = await blobFiles(at);
    await flip(states[0] as string);
    await rm(states[1] as string);
    const dry = await at.json<Repair>('repair', '--from', copy, '--dry-run');
    expect(dry.healed).toHaveLength(2);
    expect((await at.call('verify', '--full')).code).toBe(1);
    const { out } = await at.call('repair', '--from', copy);
    expect(out.match(/Healed blob/g)).toHaveLength(2);
    expect(out).not.toContain('computed again');
    expect((await at.call('verify', '--full')).code).toBe(0);
  });

  test('sets aside what there is no copy of; the next run computes just that again', async () => {
    const at = await cli();
    await at.session.run(script());
    const { states } = await blobFiles(at);
    for (const path of states) await flip(path);
    const { out } = await at.call('repair');
    expect(out).toMatch(/Set aside \d blobs that there is no copy of/);
    expect(out).toMatch(/To be computed again by the next run of their script: #\d/);
    expect(await readdir(join(at.folder, 'damaged'))).toHaveLength(states.length);
    await at.session.run(script());
    expect(at.session.printed.join('')).toContain('It came to the same state');
    expect((await at.call('verify', '--full')).code).toBe(0);
    expect((await at.call('repair')).out).toContain('Nothing to mend');
  });

  test('brings records back from the blobs of calls, and those from the log', async () => {
    const at = await cli();
    await at.session.run(script());
    damageRecords(join(at.folder, 'log.db'), 'train');
    expect((await at.call('repair')).out).toContain('record damaged');
    expect((await at.call('verify', '--full')).code).toBe(0);
    const { calls } = await blobFiles(at);
    for (const path of calls) await rm(path);
    expect((await at.call('repair')).out).toMatch(/Healed blob [0-9a-f]{8} from the log/);
    expect((await at.call('verify', '--full')).code).toBe(0);
    const { steps } = at.session.counts;
    await at.session.run(script());
    expect(at.session.counts.steps).toBe(steps);
  });

  test('unmarks what somebody has put back', async () => {
    const at = await cli();
    await at.session.run(script());
    const [path] = (await blobFiles(at)).states as [string];
    await rename(path, `${path}-away`);
    await at.call('repair');
    await rename(`${path}-away`, path);
    expect((await at.call('repair')).out).toMatch(/Healed blob [0-9a-f]{8} from the store itself/);
  });
});

describe('repair --rebuild', () => {
  test.each(['missing', 'empty', 'garbage'])('makes a log that is %s anew: the script replays', async (what) => {
    const at = await cli();
    const first = await at.session.run(script());
    const log = join(at.folder, 'log.db');
    for (const end of ['-wal', '-shm']) await rm(`${log}${end}`, { force: true });
    if (what === 'missing') await rm(log);
    else await writeFile(log, what === 'empty' ? '' : 'x'.repeat(100_000));
    expect(await at.call('ls')).toMatchObject({ code: 1, err: expect.stringContaining('repair --rebuild') as unknown });
    const { code, out } = await at.call('repair', '--rebuild');
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/Made the log of .* anew from \d+ blobs .*: 1 model, \d checkpoints/),
    ]);
    const { steps, loads } = at.session.counts;
    expect(await at.session.run(script())).toEqual(first);
    expect(at.session.counts).toMatchObject({ steps, loads });
    expect((await at.call('verify', '--full')).code).toBe(0);
    if (what !== 'missing') expect((await stat(join(at.folder, 'damaged', 'log.db-1'))).isFile()).toBe(true);
  });

  test('writes a format.json that is cut off anew, and keeps the log: the script replays', async () => {
    const at = await cli();
    await at.session.run(script());
    const path = join(at.folder, 'format.json');
    const written = await readFile(path, 'utf8');
    await writeFile(path, written.slice(0, 5));
    expect(await at.call('ls')).toMatchObject({ code: 1, err: expect.stringContaining('repair --rebuild') as unknown });
    expect(await at.call('repair', '--rebuild')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Its log is whole, and was kept') as unknown,
    });
    expect(await readFile(path, 'utf8')).toBe(written);
    const { steps } = at.session.counts;
    await at.session.run(script());
    expect(at.session.counts.steps).toBe(steps);
  });

  test('is refused where the log is whole', async () => {
    const at = await cli();
    await at.session.run(script());
    expect(await at.call('repair', '--rebuild')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is whole') as unknown,
    });
  });

  test('an op of which a state is lost with the log is computed again', async () => {
    const at = await cli();
    await at.session.run(script());
    const { states } = await blobFiles(at);
    for (const path of states) await rm(path);
    await rm(join(at.folder, 'log.db'));
    expect((await at.call('repair', '--rebuild')).out).toContain('lack a part of their state');
    await at.session.run(script());
    expect((await at.call('verify', '--full')).code).toBe(0);
  });
});
