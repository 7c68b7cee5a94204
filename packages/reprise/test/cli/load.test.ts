// What the command line says and does of weights that a block has loaded.
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Model, mse, sgd, type Weights } from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { line } from '../../../../test/support/session.js';
import { type Cli, cli } from './support.js';

const data = line(16);
const anEpoch = { epochs: 1, batchSize: 8 };

const loading =
  (weights: Weights, id = 1) =>
  (model: Model): Promise<void> =>
    model.checkpoint(id, { from: null }, async (block) => {
      await block.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await block.train(data, anEpoch);
      await block.loadStateDict(weights, { strict: false });
      await block.train(data, anEpoch);
    });

const first: Weights = { w: Float32Array.of(1, 2, 3), v: Float32Array.of(1) };
const second: Weights = { w: Float32Array.of(1, 2, 4) };

/** The file of the state after an op. */
async function stateFile({ folder, withStore }: Cli, kind: 'load' | 'train'): Promise<string> {
  return withStore(async ({ log }) => {
    const [entry] = await log.entries({ kind });
    const record = entry && (await log.record(entry.record));
    const hex = (record?.stateAfter ?? '').slice('blake3-'.length);
    return join(folder, 'blobs', hex.slice(0, 2), hex);
  });
}

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  await rm(path);
  await writeFile(path, bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1));
}

describe('the command line, of a load', () => {
  test('lists it in log and tree, with what it loaded and no cost', async () => {
    const { session, call } = await cli();
    await session.run(loading(first));
    const { out } = await call('log', 'toy');
    expect(out).toMatch(/#\d+ +load #1 +1 tensor, 1 not in the net +[0-9a-f]{8}/);
    expect((await call('tree', 'toy')).code).toBe(0);
  });

  test('shows what decided, what it came to, and the digest of each tensor', async () => {
    const { session, call } = await cli();
    await session.run(loading(first));
    const { out } = await call('show', 'toy/1/load#1');
    expect(out).toMatch(/strict +false/);
    expect(out).toMatch(/weights +blake3-/);
    expect(out).toMatch(/weights\.w +blake3-/);
  });

  test('diff says which weights are others', async () => {
    const { session, call } = await cli();
    await session.run(loading(first));
    await session.run(loading(second, 2));
    const { out } = await call('diff', 'toy/1', 'toy/2');
    expect(out).toMatch(/load #1.*weights\.w blake3-[0-9a-f]{8} → blake3-[0-9a-f]{8}/s);
    expect((await call('diff', 'toy/1/load#1', 'toy/2/load#1')).out).toMatch(/weights\.w/);
  });

  test('explain says that it costs nothing, and rerun that it never diverges', async () => {
    const { session, call } = await cli();
    await session.run(loading(first));
    expect((await call('explain', 'toy/1/load#1')).out).toContain('It costs nothing and is worked out each time');
    const refused = await call('rerun', 'toy/1/load#1');
    expect(refused.code).not.toBe(0);
    expect(refused.err).toContain('never diverges');
  });

  test('a tag on it can be stood on', async () => {
    const { session, call } = await cli();
    await session.run(loading(first));
    expect((await call('tag', 'toy/1/load#1', 'imported')).code).toBe(0);
    const values = await session.run(async (model) => {
      await model.loadCheckpoint({ tag: 'imported' });
      return Array.from((await model.stateDict())['w']!.data as Float32Array);
    });
    expect(values).toEqual([1, 2, 3]);
  });

  test('rm removes it with what stands on it, and gc its bytes; the script computes it again', async () => {
    const { session, call } = await cli();
    await session.run(loading(first));
    expect((await call('rm', 'toy/1/load#1')).code).not.toBe(0);
    expect((await call('rm', 'toy/1/load#1', '-r')).out).toContain('toy/1/load#1');
    expect((await call('gc', '--grace', '0')).code).toBe(0);
    expect((await call('verify', '--full')).code).toBe(0);
    const { steps } = session.counts;
    await session.run(loading(first));
    expect(session.counts.steps).toBe(steps + 2);
  });

  test('superseded, it is collected when asked to, and what is live stays whole', async () => {
    const { session, call } = await cli();
    await session.run(loading(first));
    await session.run(loading(second), { onDivergence: 'rerun' });
    expect((await call('gc', '--superseded', '--grace', '0')).out).toMatch(/Removed \d+ superseded op/);
    const { steps } = session.counts;
    await session.run(loading(second));
    expect(session.counts.steps).toBe(steps);
    expect((await call('verify', '--full')).code).toBe(0);
  });

  test('its damaged state is set aside by repair, and made again by the script, which has the weights', async () => {
    const at = await cli();
    await at.session.run(loading(first));
    await flip(await stateFile(at, 'load'));
    expect((await at.call('verify', '--full')).code).toBe(1);
    await at.call('repair');
    const { steps } = at.session.counts;
    await at.session.run(loading(first));
    expect(at.session.counts.steps).toBe(steps);
    expect((await at.call('verify', '--full')).code).toBe(0);
  });

  test('damaged states before it and of it are both made again', async () => {
    const at = await cli();
    await at.session.run(loading(first));
    const digests = await at.session.run((model) => model.checkpoint(1).stateDigest());
    for (const kind of ['load', 'train'] as const) await flip(await stateFile(at, kind));
    await at.call('repair');
    await at.session.run(loading(first));
    expect(await at.session.run((model) => model.checkpoint(1).stateDigest())).toBe(digests);
    expect((await at.call('verify', '--full')).code).toBe(0);
  });

  test('a log that is lost is made anew from the blobs, loads included', async () => {
    const at = await cli();
    await at.session.run(loading(first));
    const copy = join(at.session.folder, 'lost');
    await cp(at.folder, copy, { recursive: true });
    for (const name of ['log.db', 'log.db-wal', 'log.db-shm']) await rm(join(at.folder, name), { force: true });
    expect((await at.call('repair', '--rebuild')).code).toBe(0);
    const { steps } = at.session.counts;
    await at.session.run(loading(first));
    expect(at.session.counts.steps).toBe(steps);
    expect((await at.call('log', 'toy')).out).toContain('load #1');
  });
});
