// Trains of more or fewer epochs share what is stored: none of them loses what another one tells of, or tells of what is gone.
import { describe, expect, test } from 'vitest';
import { type Model, modelCheckpoint, mse, sgd } from '@reprise/core';
import { abortedAfterSteps } from '../support/aborts.js';
import { session } from '../support/session.js';
import { savedIn, scripts, stepsAnEpoch, storedBy, ups, wide } from './support.js';

const width = 6;
const script = scripts(width);
const hparams = { hparams: { width } };
const best = [{ monitor: 'up', saveTopK: 2, saveLast: true }] as const;

async function fresh(options: Parameters<typeof script>[0]) {
  const at = await session();
  return at.run(script(options), hparams);
}

describe('a train of more epochs', () => {
  test('has the checkpoints of a long one; what the shorter one kept stays', async () => {
    const at = await session();
    const short = await at.run(script({ checkpoints: best, epochs: 2 }), hparams);
    const long = await at.run(script({ checkpoints: best, epochs: 6 }), hparams);
    expect(long).toEqual(await fresh({ checkpoints: best, epochs: 6 }));
    expect(at.counts.steps).toBe(6 * stepsAnEpoch);
    // The longer one has outranked what the shorter one tells of.
    expect(savedIn(short.result)).toEqual(['1 0', '2 0']);
    expect(savedIn(long.result)).toEqual(['2 0', '5 0', '6 0']);
    const stored = await storedBy(at);
    expect(stored.all).toEqual(['1 0', '2 0', '5 0', '6 0']);
    expect(stored.running).toEqual([]);
    expect(stored.damages).toEqual([]);
    // Both are replayed.
    const { loads } = at.counts;
    expect(await at.run(script({ checkpoints: best, epochs: 2 }), hparams)).toEqual(short);
    expect(await at.run(script({ checkpoints: best, epochs: 6 }), hparams)).toEqual(long);
    expect(at.counts.loads).toBe(loads);
  });

  test('that is stopped and gone on with loses nothing either', async () => {
    const at = await session();
    await at.run(script({ checkpoints: best, epochs: 2 }), hparams);
    for (const after of [1, 7, 9]) {
      const signal = abortedAfterSteps(at.counts, after);
      await expect(at.run(script({ checkpoints: best, epochs: 6, signal }), hparams)).rejects.toThrow(
        'stopped by the test',
      );
    }
    expect(await at.run(script({ checkpoints: best, epochs: 6 }), hparams)).toEqual(
      await fresh({ checkpoints: best, epochs: 6 }),
    );
    expect((await storedBy(at)).all).toEqual(['1 0', '2 0', '5 0', '6 0']);
  });

  test('than one that was stopped has the checkpoints of a long one', async () => {
    const at = await session();
    const signal = abortedAfterSteps(at.counts, 13);
    await expect(at.run(script({ checkpoints: best, epochs: 4, signal }), hparams)).rejects.toThrow(
      'stopped by the test',
    );
    expect(await at.run(script({ checkpoints: best, epochs: 6 }), hparams)).toEqual(
      await fresh({ checkpoints: best, epochs: 6 }),
    );
    expect((await storedBy(at)).all).toEqual(['2 0', '5 0', '6 0']);
  });
});

describe('a train of fewer epochs', () => {
  test('goes on from what the longer one kept, and tells only of what is there', async () => {
    const at = await session();
    const long = await at.run(script({ checkpoints: best, epochs: 6 }), hparams);
    const { steps } = at.counts;
    const short = await at.run(script({ checkpoints: best, epochs: 4 }), { ...hparams, onDivergence: 'rerun' });
    // From the second epoch, which was kept: two epochs more.
    expect(at.counts.steps - steps).toBe(2 * stepsAnEpoch);
    const expected = await fresh({ checkpoints: best, epochs: 4 });
    expect(short.digest).toBe(expected.digest);
    expect({ ...short.result, saved: null }).toEqual({ ...expected.result, saved: null });
    // Of the first two epochs, the second is there still.
    expect(savedIn(expected.result)).toEqual(['2 0', '3 0', '4 0']);
    expect(savedIn(short.result)).toEqual(['2 0', '3 0', '4 0']);
    expect(at.printed.join('')).toContain('A checkpoint that a callback had kept is not there any more');
    const stored = await storedBy(at);
    for (const place of [...savedIn(short.result), ...savedIn(long.result)]) expect(stored.all).toContain(place);
    expect(stored.damages).toEqual([]);
  });

  test('whose best ones were let go is without them', async () => {
    const at = await session();
    const all = [
      { monitor: 'up', mode: 'max', saveTopK: 1, saveLast: true },
      { name: 'second', everyNEpochs: 2, saveTopK: -1, filename: 's{epoch}' },
    ] as const;
    // The first epoch is the best of three, by far.
    await at.run(script({ checkpoints: all, epochs: 6 }), hparams);
    const there = await storedBy(at);
    expect(there.all).toEqual(['1 0', '2 0', '4 0', '6 0']);
    const two = await at.run(script({ checkpoints: all, epochs: 2 }), hparams);
    expect(savedIn(two.result)).toEqual(['1 0', '2 0']);
  });
});

describe('a checkpoint that only observes', () => {
  const at = (checkpoints: Parameters<typeof script>[0]) => script({ ...checkpoints, epochs: 3 });

  test('and that the call no longer asks for is not told of', async () => {
    const one = await session();
    const first = await one.run(at({ checkpoints: best }), hparams);
    expect(first.result.saved).toBeDefined();
    const without = await one.run(at({ checkpoints: [] }), hparams);
    expect(without.result.saved).toBe(undefined);
    expect(without.digest).toBe(first.digest);
    expect(one.counts.steps).toBe(3 * stepsAnEpoch);
  });

  test('and that the record lacks, or has otherwise, is lacking, and said so', async () => {
    const one = await session();
    await one.run(at({ checkpoints: best }), hparams);
    const other = await one.run(at({ checkpoints: [{ monitor: 'up' }] }), hparams);
    expect(other.result.saved).toBe(undefined);
    expect(one.counts.steps).toBe(3 * stepsAnEpoch);
    expect(one.printed.join('')).toContain("was recorded without what callback 'modelCheckpoint' logs and keeps");
  });

  test('and that only names or writes them otherwise is the same one: what it kept stays', async () => {
    const one = await session();
    const signal = abortedAfterSteps(one.counts, 12);
    await expect(one.run(at({ checkpoints: [{ saveTopK: -1 }], signal }), hparams)).rejects.toThrow(
      'stopped by the test',
    );
    const { result } = await one.run(at({ checkpoints: [{ saveTopK: -1, filename: 'net-{step}' }] }), hparams);
    expect(result.saved!['modelCheckpoint']!.kept.map(({ name }) => name)).toEqual([
      'net-step=15',
      'epoch=1-step=10',
      'epoch=0-step=5',
    ]);
    expect((await storedBy(one)).all).toEqual(['1 0', '2 0', '3 0']);
    expect((await one.run(at({ checkpoints: [{ saveTopK: -1, filename: 'x' }] }), hparams)).result).toEqual(result);
  });

  test('and that is another one where a train is gone on with begins anew, and lets go what the first one kept', async () => {
    const one = await session();
    const signal = abortedAfterSteps(one.counts, 12);
    await expect(one.run(at({ checkpoints: [{ saveTopK: -1 }], signal }), hparams)).rejects.toThrow(
      'stopped by the test',
    );
    expect((await storedBy(one)).kept).toEqual(['1 0', '2 0']);
    const { result } = await one.run(at({ checkpoints: [{ everyNSteps: 13, saveTopK: -1 }] }), hparams);
    expect(savedIn(result)).toEqual(['2 3']);
    expect((await storedBy(one)).all).toEqual(['2 3', '3 0']);
  });
});

test('a train that is not recorded keeps no states: a checkpoint without files is refused there', async () => {
  const at = await session();
  await at.run(async (model: Model) => {
    await model.checkpoint(1, (cp) => cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.01 }) }));
    const run = model.train(wide(10, width), { epochs: 1, callbacks: [ups(), modelCheckpoint({ monitor: 'up' })] });
    await expect(run).rejects.toThrow(
      "model.train() callback 'modelCheckpoint': dirpath must be given where the train is not recorded",
    );
  }, hparams);
});

test('what a metric gathers can not be recorded: a checkpoint within an epoch is an error, and not one that is not there', async () => {
  const { metric } = await import('@reprise/core');
  const at = await session();
  const opaque = metric(
    'opaque',
    { mode: 'min', init: () => ({ f: () => 1 }), update: (acc) => acc, result: (acc) => acc.f() },
    { key: 'opaque' },
  );
  const metrics = [opaque] as unknown as readonly [];
  const within = at.run(script({ checkpoints: [{ everyNSteps: 2 }], metrics }), hparams);
  await expect(within).rejects.toMatchObject({
    code: 'UNRECORDABLE_VALUE',
    message: expect.stringContaining('A callback asked for a checkpoint within an epoch') as string,
  });
  const { result } = await at.run(script({ checkpoints: [{ everyNEpochs: 2, saveTopK: -1 }], metrics }), hparams);
  expect(savedIn(result)).toEqual(['2 0', '4 0', '6 0']);
});
