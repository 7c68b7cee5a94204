// From each place that a train comes by it is gone on with to the same checkpoints, and the same files of them.
import { describe, expect, test } from 'vitest';
import { callback, modelCheckpoint, type ModelCheckpointOptions } from '../../../src/index.js';
import type { Course } from '../../../src/training/course.js';
import { linearNet } from '../../training/linear-net.js';
import { deciding, ending, goneOn, keeping, trained } from '../support.js';
import { diskOf } from './disk.js';

const up = () =>
  callback('up', { observes: true, onEpochEnd: (ctx) => ctx.log('up', [3, 1, 2, 0][ctx.epoch]!) }, { key: 'up' });

const cases: readonly (readonly [string, readonly ModelCheckpointOptions[], object])[] = [
  ['the best', [{ monitor: 'up' }], {}],
  ['the best two and the last', [{ monitor: 'up', saveTopK: 2, saveLast: true }], {}],
  ['all, of one name', [{ saveTopK: -1, filename: 'net' }], {}],
  ['the best, of one name', [{ monitor: 'up', filename: 'best' }], {}],
  ['each third step', [{ everyNSteps: 3, saveTopK: -1 }], {}],
  ['each step, the last one', [{ everyNSteps: 1, saveLast: true, saveTopK: 0 }], {}],
  ['several', [{ monitor: 'up' }, { name: 'steps', everyNSteps: 5, saveTopK: -1, filename: 's{step}' }], {}],
  [
    'until it is stopped',
    [
      { everyNSteps: 5, saveTopK: -1 },
      { name: 'last', saveLast: true, filename: 'e{epoch}' },
    ],
    { maxSteps: 10 },
  ],
];

describe.each(cases)('%s', (_, checkpoints, more) => {
  const options = () => ({
    epochs: 4,
    callbacks: [up(), ...checkpoints.map((each) => modelCheckpoint({ dirpath: 'out', ...each }))],
    ...more,
  });

  test('is kept, wherever the train was interrupted', async () => {
    const net = linearNet();
    const disk = diskOf();
    const keep = keeping();
    const then: Map<string, string>[] = [];
    const take: Course['take'] = (point, moment) => {
      then.push(new Map(disk.files));
      return keep.course.take(point, moment);
    };
    const course = { ...keep.course, take };
    const whole = ending(await trained(options(), { net, at: disk.context(net), course }));
    expect(keep.points.length).toBeGreaterThan(8);
    for (const [i, point] of keep.points.entries()) {
      // A process that is killed leaves the files of that moment, or later ones.
      for (const files of [then[i]!, new Map(disk.files)]) {
        const again = diskOf(files);
        const other = linearNet();
        other.restore(point.engine);
        const at = again.context(other);
        const end = await trained(options(), { net: other, at, course: keeping(point).course, state: point.training });
        expect(ending(end)).toEqual(whole);
        expect(again.files).toEqual(disk.files);
      }
    }
  });
});

test('a file that can not be written fails the train; the next process writes it, and ends as if nothing had been', async () => {
  const options = { epochs: 4, callbacks: [up(), modelCheckpoint({ monitor: 'up', dirpath: 'out' })] };
  const whole = diskOf();
  const net = linearNet();
  const end = ending(await trained(options, { net, at: whole.context(net) }));
  for (const path of [
    'out/epoch=0-step=4.safetensors',
    'out/epoch=1-step=8.safetensors',
    'out/epoch=3-step=16.safetensors',
  ]) {
    const disk = diskOf();
    disk.broken.add(path);
    const first = linearNet();
    const keep = keeping();
    await expect(trained(options, { net: first, at: disk.context(first), course: keep.course })).rejects.toMatchObject({
      code: 'FILE_IO',
      message: expect.stringContaining(path) as string,
    });
    disk.broken.clear();
    const stopped = (await keep.ended())!;
    const second = linearNet();
    second.restore(stopped.engine);
    const resumed = await trained(options, {
      net: second,
      at: disk.context(second),
      course: keeping(stopped).course,
      state: stopped.training,
    });
    expect(ending(resumed)).toEqual(end);
    expect(disk.files).toEqual(whole.files);
    // No step was taken twice.
    expect(first.steps.length + second.steps.length).toBe(16);
  }
});

test('one that can not be removed fails the train; the next process removes it', async () => {
  const options = { epochs: 2, callbacks: [up(), modelCheckpoint({ monitor: 'up', dirpath: 'out' })] };
  const disk = diskOf();
  const net = linearNet();
  const keep = keeping();
  const stubborn = 'out/epoch=0-step=4.safetensors';
  const failing = deciding({ onEpochStart: (ctx) => void (ctx.epoch === 1 && disk.broken.add(stubborn)) });
  const both = { ...options, callbacks: [...options.callbacks, failing] };
  await expect(trained(both, { net, at: disk.context(net), course: keep.course })).rejects.toMatchObject({
    code: 'FILE_IO',
  });
  expect([...disk.files.keys()]).toEqual([stubborn, 'out/epoch=1-step=8.safetensors']);
  disk.broken.clear();
  const stopped = (await keep.ended())!;
  const other = linearNet();
  other.restore(stopped.engine);
  await trained(options, {
    net: other,
    at: disk.context(other),
    course: keeping(stopped).course,
    state: stopped.training,
  });
  expect([...disk.files.keys()]).toEqual(['out/epoch=1-step=8.safetensors']);
});

test('checkpoints that are not there any more are not told, and leave their places to others', async () => {
  const options = (epochs: number) => ({
    epochs,
    callbacks: [up(), modelCheckpoint({ monitor: 'up', saveTopK: 2, saveLast: true })],
  });
  const keep = keeping();
  await trained(options(2), { course: keep.course });
  const point = keep.points.findLast(({ progress }) => progress.history.length === 1 && progress.partial === null)!;
  const gone = [{ epochs: 1, steps: 0 }];
  const callbacks = { ...point.progress.callbacks!, gone };
  const { result } = await goneOn({ ...point, progress: { ...point.progress, callbacks } }, options(2), {
    course: { ...keeping(point).course, from: { progress: { ...point.progress, callbacks }, best: null } },
  });
  expect(result.saved!['modelCheckpoint']).toMatchObject({ kept: [{ epochs: 2 }], last: { epochs: 2 } });
});
