// The store has the checkpoints that a result tells of, and the train's end, and nothing else; readable, and at the price of what is new in each.
import { join } from 'node:path';
import { openStore } from '@reprise/store';
import { callback, type ModelCheckpointOptions } from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { abortedAfterSteps } from '../support/aborts.js';
import { session, type Session } from '../support/session.js';
import { type Options, savedIn, scripts, stepsAnEpoch, storedBy } from './support.js';

/** A small state, which is waited for, and one of more than a megabyte, which is stored while training goes on. */
const widths = [
  ['small', 6],
  ['large', 140_000],
] as const;

const checkpoints: readonly (readonly [string, readonly ModelCheckpointOptions[], Options])[] = [
  ['the best', [{ monitor: 'up' }], {}],
  ['the best two and the last', [{ monitor: 'up', saveTopK: 2, saveLast: true }], {}],
  ['the first and the last', [{ monitor: 'up', mode: 'max', saveLast: true }], {}],
  ['all', [{ saveTopK: -1 }], {}],
  ['each third step, the best one gone back to', [{ everyNSteps: 3, saveTopK: -1 }], { loadBest: true }],
  ['each step, the best three', [{ everyNSteps: 1, monitor: 'up', saveTopK: 3, saveLast: true }], {}],
  [
    'several, beside what snapshots keep',
    [
      { monitor: 'up' },
      { name: 'thirds', everyNEpochs: 3, saveTopK: -1 },
      { name: 'steps', everyNSteps: 4, saveTopK: -1 },
      { name: 'last', everyNSteps: 3, saveLast: true, saveTopK: 0 },
    ],
    { snapshots: { keep: { last: 1, best: { count: 2, monitor: 'val_loss', mode: 'max' } } } },
  ],
  ['up to a step within an epoch', [{ everyNSteps: 4, saveTopK: -1 }], { maxSteps: 12 }],
];

/** Where `snapshots.keep` of the cases above has something, beside the end: the last of epochs 1 to 5, and the two with the largest loss. */
function keptBySnapshots({ snapshots }: Options, losses: readonly number[]): readonly string[] {
  if (snapshots === undefined) return [];
  const ends = losses.slice(0, -1).map((loss, i) => ({ loss, place: `${i + 1} 0` }));
  const largest = ends.toSorted((a, b) => b.loss - a.loss).slice(0, 2);
  return [...largest, ...ends.slice(-1)].map(({ place }) => place);
}

/** An observer that throws behind the end where it is told to. */
function fails(now: () => boolean) {
  return {
    observes: true,
    onFitEnd: () => {
      if (now()) throw new Error('broken');
    },
  };
}

describe.each(widths)('a %s state', (kind, width) => {
  const script = scripts(width);
  const cases = checkpoints.filter((_, i) => kind === 'small' || [2, 5, 6].includes(i));
  const run = (at: Session, options: Options) => at.run(script(options), { hparams: { width } });

  test.each(cases)('is kept of %s', async (_name, kinds, more) => {
    const at = await session();
    const { result } = await run(at, { checkpoints: kinds, ...more });
    const stored = await storedBy(at);
    expect(stored.damages).toEqual([]);
    const losses = result.history.map(({ val }) => val!.loss);
    const expected = new Set([...savedIn(result), ...keptBySnapshots(more, losses), `${result.epochs} 0`]);
    expect(stored.all).toEqual([...expected].toSorted());
    expect(stored.running).toEqual([]);
    // What made way left nothing behind, and nothing that is kept went with it.
    expect(stored.freed).toBe(0);
    // Each is the state of its moment.
    for (const place of stored.all.filter((each) => kind === 'small' && each.endsWith(' 0'))) {
      const shorter = await session();
      await run(shorter, { checkpoints: [], epochs: Number(place.split(' ')[0]), maxSteps: more.maxSteps ?? 1000 });
      const { nets } = await storedBy(shorter);
      expect(stored.nets[place]).toEqual(nets[place]);
    }
  });

  test.each(cases)('is kept of %s, wherever the train was stopped', async (_name, kinds, more) => {
    const whole = await session();
    const options = { checkpoints: kinds, ...more };
    const first = await run(whole, options);
    const expected = await storedBy(whole);
    for (const after of kind === 'large' ? [15] : [1, 5, 6, 12, 15, 29]) {
      const at = await session();
      const stopped = run(at, { ...options, signal: abortedAfterSteps(at.counts, after) });
      if (more.maxSteps !== undefined && after >= more.maxSteps) await stopped.catch(() => undefined);
      else await expect(stopped).rejects.toThrow('stopped by the test');
      expect(await run(at, options)).toEqual(first);
      const stored = await storedBy(at);
      expect({ ...stored, sizes: [] }).toEqual({ ...expected, sizes: [] });
    }
  });

  test('is kept of the last step of a train that fails behind its end', async () => {
    const whole = await session();
    const options = { checkpoints: [{ everyNSteps: stepsAnEpoch, saveTopK: -1 }], epochs: 2 };
    const first = await run(whole, {
      ...options,
      more: [
        callback(
          'fails',
          fails(() => false),
          { key: 'fails' },
        ),
      ],
    });
    const at = await session();
    let failures = 1;
    const more = () => [
      callback(
        'fails',
        fails(() => failures-- > 0),
        { key: 'fails' },
      ),
    ];
    await expect(run(at, { ...options, more: more() })).rejects.toThrow('broken');
    expect(await run(at, { ...options, more: more() })).toEqual(first);
    const stored = await storedBy(at);
    expect(savedIn(first.result)).toEqual(['0 5', '1 5']);
    expect({ ...stored, sizes: [] }).toEqual({ ...(await storedBy(whole)), sizes: [] });
  });

  test('of an epoch that snapshots keep is kept where a train is stopped there', async () => {
    const options = { checkpoints: [], epochs: 4, snapshots: { keep: { every: 2 } } };
    const whole = await session();
    const first = await run(whole, options);
    const at = await session();
    const controller = new AbortController();
    const stops = callback(
      'stops',
      { observes: true, onEpochEnd: (ctx) => void (ctx.epoch === 1 && controller.abort(new Error('enough'))) },
      { key: 'stops' },
    );
    await expect(run(at, { ...options, more: [stops], signal: controller.signal })).rejects.toThrow('enough');
    expect(await run(at, options)).toEqual(first);
    expect((await storedBy(at)).all).toEqual(['2 0', '4 0']);
  });

  test('costs what is new in it: tensors that are the same are there once', async () => {
    const at = await session();
    // At a rate of 0 parameters stay, and the optimizer's sums change.
    await run(at, {
      checkpoints: [{ everyNSteps: 1, saveTopK: -1 }],
      epochs: 2,
      lr: 0,
      snapshots: { every: { epochs: 9 } },
    });
    const { sizes, all } = await storedBy(at);
    expect(all).toHaveLength(2 * stepsAnEpoch + 1);
    const tensor = 4 * width;
    if (kind === 'large') expect(sizes.filter((size) => size === tensor)).toHaveLength(1 + 2 * stepsAnEpoch);
    // Beside them there are manifests and records of calls.
    const rest = sizes.filter((size) => size !== tensor);
    expect(Math.max(...rest)).toBeLessThan(4096);
  });
});

test('what is outranked while training goes on takes no space', async () => {
  const width = 140_000;
  const at = await session();
  await at.run(scripts(width)({ checkpoints: [{ monitor: 'up' }], epochs: 12 }), { hparams: { width } });
  const store = await openStore(join(at.folder, 'store'));
  const sizes: number[] = [];
  for await (const { size } of store.blobs.list()) sizes.push(size);
  await store.close();
  // Of the best epoch and of the last, parameters and sums; nobody has collected garbage.
  expect(sizes.filter((size) => size === 4 * width)).toHaveLength(4);
});
