// Files of figures say what the record says, each figure once, however a train comes to its end.
import { appendFileSync, rmSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Data,
  type DivergencePolicy,
  type Logger,
  type Model,
  mse,
  sgd,
  type TrainCallOptions,
  type TrainResult,
} from '@reprise/core';
import { type JsonValue, readCsv, readEvents, readJsonLines } from '@reprise/formats';
import { csvLogger, jsonlLogger, tensorBoardLogger } from 'reprise';
import { describe, expect, test } from 'vitest';
import { abortedAfterSteps } from '../support/aborts.js';
import {
  contentOf,
  filesIn,
  type LoggingSession,
  loggingSession,
  noisy,
  stampsOf,
  stepsAnEpoch,
  train,
  val,
} from './support.js';

const csv = 'toy/1/train-1.csv';
const jsonl = 'toy/1/train-1.jsonl';
const events = 'toy/1/events.out.tfevents.0000000001.reprise';

type Options = Partial<TrainCallOptions<readonly []>> & { readonly lr?: number; readonly data?: Data };

const script =
  ({ lr = 0.1, data = train, ...options }: Options = {}) =>
  (model: Model): Promise<TrainResult> =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
      return cp.train(data, val, { epochs: 4, batchSize: 8, callbacks: noisy(), ...options });
    }) as Promise<TrainResult>;

function all(folder: string): readonly Logger[] {
  return [csvLogger(folder), jsonlLogger(folder), tensorBoardLogger(folder)];
}

/** What the three files say; wall times are no figures. */
async function said({ logs }: LoggingSession) {
  const bytes = async (path: string) => readFile(join(logs, path));
  const read = readEvents(await bytes(events));
  return {
    csv: (await bytes(csv)).toString(),
    jsonl: (await bytes(jsonl)).toString(),
    events: read.events.map(({ step, scalars }) => ({ step, scalars })),
    complete: read.complete,
  };
}

type Said = Awaited<ReturnType<typeof said>>;

async function uninterrupted(options: Options = {}): Promise<Said> {
  const one = await loggingSession();
  await one.run(script(options), { loggers: all(one.logs) });
  return said(one);
}

/** Rows as `step epoch key value`, in the order of the file, from what the record says alone. */
function expected({ initial, history, logged = {}, begun }: TrainResult): readonly string[] {
  const rows: (readonly [number, number, number, string, number])[] = [];
  for (const [key, value] of Object.entries(initial ?? {})) rows.push([begun!, -1, 1, `val_${key}`, value]);
  for (const { epoch, step, train: own, val: other } of history) {
    for (const [key, value] of Object.entries(own)) rows.push([step!, epoch, 1, `train_${key}`, value]);
    for (const [key, value] of Object.entries(other!)) rows.push([step!, epoch, 1, `val_${key}`, value]);
  }
  for (const [key, { per, steps, epochs, values }] of Object.entries(logged))
    values.forEach((value, i) => rows.push([steps[i]!, epochs[i]!, per === 'step' ? 0 : 1, key, value]));
  return rows.map(([step, epoch, , key, value]) => `${step} ${epoch} ${key} ${Object.is(value, -0) ? '-0' : value}`);
}

function figuresOf(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return rows.flatMap(({ step, epoch, ...values }) =>
    Object.entries(values).map(
      ([key, value]) =>
        `${step as number} ${epoch as number} ${key} ${Object.is(value, -0) ? '-0' : (value as number)}`,
    ),
  );
}

describe('a train that is run', () => {
  test('is in each file, every figure once, in the order of steps', async () => {
    const one = await loggingSession();
    const result = await one.run(script(), { loggers: all(one.logs) });
    expect(await filesIn(one.logs)).toEqual([csv, events, jsonl].toSorted());
    const table = readCsv(await readFile(join(one.logs, csv)));
    const { values } = readJsonLines(await readFile(join(one.logs, jsonl)));
    const lines = values as readonly { readonly [key: string]: JsonValue }[];
    const wanted = [...expected(result)].toSorted();
    expect(wanted.length).toBeGreaterThan(80);
    expect([...figuresOf(table.rows)].toSorted()).toEqual(wanted);
    expect([...figuresOf(lines)].toSorted()).toEqual(wanted);
    const steps = table.rows.map(({ step }) => step as number);
    expect(steps).toEqual([...steps].toSorted((a, b) => a - b));
    const read = readEvents(await readFile(join(one.logs, events)));
    const float = read.events.flatMap(({ step, scalars }) =>
      [...scalars].map(([key, value]) => `${step} ${key} ${Object.is(value, -0) ? '-0' : value}`),
    );
    const rounded = expected(result).map((each) => {
      const [step, , ...rest] = each.split(' ');
      const value = Math.fround(Number(rest.pop()));
      return `${step} ${rest.join(' ')} ${Object.is(value, -0) ? '-0' : value}`;
    });
    expect(float.toSorted()).toEqual(rounded.toSorted());
  });

  test('says the same whenever it is told: each step, or at the ends of epochs only', async () => {
    const often = await loggingSession();
    await often.run(script(), { loggers: all(often.logs), tick: 1000 });
    const seldom = await loggingSession();
    await seldom.run(script(), { loggers: all(seldom.logs), tick: 0.001 });
    expect(await said(often)).toEqual(await said(seldom));
  });

  test('has loggers of the model and of the call', async () => {
    const one = await loggingSession();
    await one.run(script({ loggers: [jsonlLogger(one.logs)] }), { loggers: [csvLogger(one.logs)] });
    expect(await filesIn(one.logs)).toEqual([csv, jsonl]);
  });

  test('is written whole by two loggers on one file', async () => {
    const one = await loggingSession();
    await one.run(script({ loggers: all(one.logs) }), { loggers: all(one.logs) });
    expect(await said(one)).toEqual(await uninterrupted());
  });

  test('mends a file that is taken away or written to while it runs', async () => {
    const one = await loggingSession();
    const meddling = train.map(
      (sample, { index }) => {
        if (index === 3 && one.counts.steps > 5) meddle.shift()?.();
        return sample;
      },
      { key: 'as it is' },
    );
    const path = join(one.logs, csv);
    const meddle = [
      () => rmSync(path),
      () => appendFileSync(path, 'garbage'),
      () => rmSync(one.logs, { recursive: true }),
    ];
    await one.run(script({ data: meddling, epochs: 6 }), { loggers: all(one.logs) });
    expect(meddle).toEqual([]);
    expect(await said(one)).toEqual(
      await uninterrupted({ data: train.map((sample) => sample, { key: 'as it is' }), epochs: 6 }),
    );
  });
});

describe('a train that is replayed', () => {
  test('leaves its files alone', async () => {
    const one = await loggingSession();
    await one.run(script(), { loggers: all(one.logs) });
    const before = await stampsOf(one.logs);
    const { loads } = one.counts;
    await one.run(script(), { loggers: all(one.logs) });
    expect(one.counts.loads).toBe(loads);
    expect(await stampsOf(one.logs)).toEqual(before);
  });

  const faults: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
    ['are missing', (path) => rm(path)],
    ['are empty', (path) => writeFile(path, '')],
    ['were cut short within a record', async (path) => truncate(path, (await readFile(path)).byteLength - 3)],
    ['have lost half of it', async (path) => truncate(path, Math.floor((await readFile(path)).byteLength / 2))],
    ['have more at their end', (path) => appendFile(path, 'garbage\r\n1,2,3\r\n')],
    ['have a figure twice', async (path) => appendFile(path, (await readFile(path)).subarray(-40))],
    ['are of something else', (path) => writeFile(path, Buffer.from([0, 1, 2, 255]))],
    [
      'have another figure',
      async (path) => {
        const bytes = await readFile(path);
        bytes[bytes.byteLength >> 1]! ^= 1;
        await writeFile(path, bytes);
      },
    ],
  ];

  test.each(faults)('writes its files anew where they %s', async (_, fault) => {
    const one = await loggingSession();
    await one.run(script(), { loggers: all(one.logs) });
    const before = await said(one);
    for (const path of [csv, jsonl, events]) await fault(join(one.logs, path));
    await one.run(script(), { loggers: all(one.logs) });
    expect(await said(one)).toEqual(before);
    expect(before.complete).toBe(true);
    expect(await filesIn(one.logs)).toHaveLength(3);
  });

  test('writes the files of loggers that the first run did not have', async () => {
    const one = await loggingSession();
    await one.run(script());
    const { loads } = one.counts;
    await one.run(script(), { loggers: all(one.logs) });
    expect(one.counts.loads).toBe(loads);
    expect(await said(one)).toEqual(await uninterrupted());
  });

  test('without the callback that logs: its figures are gone from the files', async () => {
    const one = await loggingSession();
    await one.run(script(), { loggers: all(one.logs) });
    await one.run(script({ callbacks: [] }), { loggers: all(one.logs) });
    expect(await said(one)).toEqual(await uninterrupted({ callbacks: [] }));
  });
});

describe('a train that is stopped and gone on with', () => {
  test.each([1, 3, 5, 6, 9, 10, 14, 19])('after %i steps has the files of one that was not', async (after) => {
    const one = await loggingSession();
    const options = { loggers: all(one.logs) };
    const stopped = one.run(script({ signal: abortedAfterSteps(one.counts, after) }), options);
    await expect(stopped).rejects.toThrow('stopped by the test');
    await one.run(script(), { loggers: all(one.logs) });
    expect(await said(one)).toEqual(await uninterrupted());
  });

  test('again and again, its files being ahead of it or behind', async () => {
    const one = await loggingSession();
    for (const after of [2, 3, 4, 2, 5]) {
      const signal = abortedAfterSteps(one.counts, after);
      await expect(one.run(script({ signal }), { loggers: all(one.logs) })).rejects.toThrow('stopped by the test');
      const before = await said(one);
      if (after === 3) await appendFile(join(one.logs, csv), '99,9\r\n');
      if (after === 4) await truncate(join(one.logs, jsonl), before.jsonl.length - 7);
    }
    await one.run(script(), { loggers: all(one.logs) });
    expect(await said(one)).toEqual(await uninterrupted());
  });

  test('with another logger than before: it has the figures of the first process, too', async () => {
    const one = await loggingSession();
    await expect(one.run(script({ signal: abortedAfterSteps(one.counts, 12) }))).rejects.toThrow('stopped by the test');
    await one.run(script(), { loggers: all(one.logs) });
    expect(await said(one)).toEqual(await uninterrupted());
    expect(one.counts.steps).toBe(4 * stepsAnEpoch);
  });

  test('in place, where its file is ahead: programs that have it open go on reading it', async () => {
    const one = await loggingSession();
    await one.run(script(), { loggers: all(one.logs) });
    const before = await stampsOf(one.logs);
    for (const path of [csv, jsonl, events]) await appendFile(join(one.logs, path), 'more');
    await one.run(script(), { loggers: all(one.logs) });
    const inodes = (stamps: Awaited<ReturnType<typeof stampsOf>>) => stamps.map(([path, , inode]) => [path, inode]);
    expect(inodes(await stampsOf(one.logs))).toEqual(inodes(before));
    expect(await said(one)).toEqual(await uninterrupted());
  });
});

describe('a train that changes', () => {
  test('to more epochs has the files of a long one', async () => {
    const one = await loggingSession();
    // The end of the shorter one is logged there, and not in the middle of the longer one.
    const callbacks = noisy().slice(0, 1);
    await one.run(script({ epochs: 2, callbacks }), { loggers: all(one.logs) });
    await one.run(script({ callbacks }), { loggers: all(one.logs) });
    expect(one.counts.steps).toBe(4 * stepsAnEpoch);
    expect(await said(one)).toEqual(await uninterrupted({ callbacks }));
  });

  test('to fewer epochs and back has theirs', async () => {
    const one = await loggingSession();
    const callbacks = noisy().slice(0, 1);
    for (const epochs of [2, 4, 2]) await one.run(script({ epochs, callbacks }), { loggers: all(one.logs) });
    expect(await said(one)).toEqual(await uninterrupted({ epochs: 2, callbacks }));
    await one.run(script({ callbacks }), { loggers: all(one.logs) });
    expect(await said(one)).toEqual(await uninterrupted({ callbacks }));
    expect(one.counts.steps).toBe(4 * stepsAnEpoch);
  });

  test.each(['rerun', 'accept', 'fork'] satisfies DivergencePolicy[])(
    'in what decides it, by the policy %s',
    async (onDivergence) => {
      const one = await loggingSession();
      await one.run(script(), { loggers: all(one.logs) });
      const first = await said(one);
      await one.run(script({ lr: 0.2 }), { loggers: all(one.logs), onDivergence });
      const second = await uninterrupted({ lr: 0.2 });
      if (onDivergence === 'rerun') expect(await said(one)).toEqual(second);
      else expect(await said(one)).toEqual(first);
      const files = await filesIn(one.logs);
      const fork = files.find((path) => /^toy\/1~[^/]+\/train-1.csv$/.test(path));
      expect(files).toHaveLength(onDivergence === 'fork' ? 6 : 3);
      if (onDivergence === 'fork') expect(await readFile(join(one.logs, fork!), 'utf8')).toBe(second.csv);
      // Both are replayed: each has its own files.
      const before = await contentOf(one.logs);
      await one.run(script({ lr: 0.2 }), { loggers: all(one.logs), onDivergence });
      if (onDivergence === 'fork') await one.run(script(), { loggers: all(one.logs) });
      expect(await contentOf(one.logs)).toEqual(before);
    },
  );
});

test('a folder that can not be written to fails the train, loudly; what it had come to is stored', async () => {
  const one = await loggingSession();
  await mkdir(join(one.logs, 'toy'), { recursive: true });
  await writeFile(join(one.logs, 'toy', '1'), 'a file');
  for (const logger of all(one.logs)) {
    await expect(one.run(script(), { loggers: [logger] })).rejects.toMatchObject({
      code: 'FILE_IO',
      message: expect.stringContaining('toy/1') as string,
    });
  }
  await rm(join(one.logs, 'toy', '1'));
  await one.run(script(), { loggers: all(one.logs) });
  expect(await said(one)).toEqual(await uninterrupted());
});
