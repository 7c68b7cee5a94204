// Each train has a run of its own for loggers, the same one whenever the call is made; and its names can't lead anywhere else.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Block,
  callback,
  type LoggedPoint,
  type Logger,
  type LoggerRun,
  type Model,
  mse,
  sgd,
} from '@reprise/core';
import { readCsv } from '@reprise/formats';
import { csvLogger, jsonlLogger, tensorBoardLogger } from 'reprise';
import { describe, expect, test } from 'vitest';
import { contentOf, filesIn, loggingSession, train, val } from './support.js';

/** A train whose figures tell it from others. */
async function trained(cp: Block | Model, value: number, key?: string): Promise<void> {
  const mark = callback(
    'mark',
    { observes: true, onEpochEnd: (ctx) => ctx.log('mark', value) },
    { key: `marks ${value}` },
  );
  await cp.train(train, val, { epochs: 1, batchSize: 8, callbacks: [mark], ...(key !== undefined && { key }) });
}

async function setUp(cp: Block): Promise<void> {
  await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.05 }) });
}

/** The mark that each file has, by its path. */
async function marksIn(logs: string): Promise<{ readonly [path: string]: unknown }> {
  const paths = await filesIn(logs);
  return Object.fromEntries(
    await Promise.all(
      paths.map(async (path) => {
        const { rows } = readCsv(await readFile(join(logs, path)));
        return [path, rows.flatMap(({ mark }) => mark ?? [])[0]] as const;
      }),
    ),
  );
}

test('trains of a block, of another one, and those that are not recorded, have a file each', async () => {
  const one = await loggingSession();
  const script = async (model: Model): Promise<void> => {
    await model.checkpoint(1, async (cp) => {
      await setUp(cp);
      await trained(cp, 11);
      await trained(cp, 12);
      await trained(cp, 13, 'warm/up');
      await trained(cp, 14, '1');
    });
    await model.checkpoint('unrecorded', (cp) => trained(cp, 21));
    await trained(model, 1);
    await trained(model, 2);
  };
  await one.run(script, { loggers: [csvLogger(one.logs)] });
  const marks = {
    'toy/%75nrecorded/train-1.csv': 21,
    'toy/1/train-1.1.csv': 14,
    'toy/1/train-1.csv': 11,
    'toy/1/train-1.warm%2Fup.csv': 13,
    'toy/1/train-2.csv': 12,
    'toy/unrecorded/train-1.csv': 1,
    'toy/unrecorded/train-2.csv': 2,
  };
  expect(await marksIn(one.logs)).toEqual(marks);
  const before = await contentOf(one.logs);
  await one.run(script, { loggers: [csvLogger(one.logs)] });
  expect(await contentOf(one.logs)).toEqual(before);
});

test('where a call moves to another place, its file moves with it', async () => {
  const one = await loggingSession();
  const script = (marks: readonly number[]) => (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await setUp(cp);
      for (const mark of marks) await trained(cp, mark);
    });
  await one.run(script([1]), { loggers: [csvLogger(one.logs)] });
  expect(await marksIn(one.logs)).toEqual({ 'toy/1/train-1.csv': 1 });
  await one.run(script([1, 2]), { loggers: [csvLogger(one.logs)] });
  expect(await marksIn(one.logs)).toEqual({ 'toy/1/train-1.csv': 1, 'toy/1/train-2.csv': 2 });
});

const long = '長い名前'.repeat(50);
const names: readonly (readonly [string, string, string])[] = [
  ['../../up', '..', 'toy'],
  ['/etc/passwd', '.', 'C:\\x'],
  ['a b', ' a', 'a '],
  ['naïve 模型', '%2F', '/'],
  [long, `${long.slice(0, -1)}x`, 'quote"\'?*<>|\n\t'],
];

test.each(names)(
  'names of models and checkpoints stay in the folder, and differ there: %j, %j, %j',
  async (id, first, second) => {
    const one = await loggingSession();
    await one.run(
      async (model) => {
        await model.checkpoint(first, async (cp) => {
          await setUp(cp);
          await trained(cp, 1);
        });
        await model.checkpoint(second, (cp) => trained(cp, 2));
      },
      { id, loggers: [csvLogger(one.logs), jsonlLogger(one.logs), tensorBoardLogger(one.logs)] },
    );
    const files = await filesIn(one.logs);
    expect(files).toHaveLength(6);
    // The model's folder, the checkpoint's, and a file.
    for (const path of files) expect(path).toMatch(/^[^/\n\\]{1,255}\/[^/\n\\]{1,255}\/[^/\n\\]{1,255}$/);
    expect(files.some((path) => /(^|\/)\.*\//.test(path))).toBe(false);
  },
);

test('names that are usual are written as they are', async () => {
  const one = await loggingSession();
  const script = async (model: Model): Promise<void> => {
    await model.checkpoint('naïve 模型, v1.0 (a=b)', async (cp) => {
      await setUp(cp);
      await trained(cp, 1);
    });
  };
  await one.run(script, { loggers: [csvLogger(`${one.logs}/`)] });
  expect(await filesIn(one.logs)).toEqual(['toy/naïve 模型, v1.0 (a=b)/train-1.csv']);
});

describe('a logger of one’s own', () => {
  /** What a class that keeps figures in memory comes to. */
  class Kept implements Logger {
    readonly runs = new Map<string, { readonly run: LoggerRun; readonly points: LoggedPoint[] }>();
    begin(run: LoggerRun, points: readonly LoggedPoint[]): void {
      this.runs.set(`${run.checkpoint}/${run.train}`, { run, points: [...points] });
    }
    async log(run: LoggerRun, points: readonly LoggedPoint[]): Promise<void> {
      await Promise.resolve();
      this.runs.get(`${run.checkpoint}/${run.train}`)?.points.push(...points);
    }
  }

  const script = (model: Model): Promise<void> =>
    model.checkpoint(1, async (cp) => {
      await setUp(cp);
      await trained(cp, 1);
    });

  test('is told a run and a replay alike, with hparams', async () => {
    const one = await loggingSession();
    const [first, second] = [new Kept(), new Kept()];
    await one.run(script, { loggers: [first] });
    await one.run(script, { loggers: [second] });
    expect([...second.runs]).toEqual([...first.runs]);
    const { run, points } = [...first.runs.values()][0]!;
    expect(run).toEqual({ model: 'toy', checkpoint: '1', train: 1, hparams: { width: 3 } });
    expect(points.map(({ key }) => key)).toEqual(['val_loss', 'train_loss', 'val_loss', 'lr', 'mark']);
  });

  test.each([
    ['at the beginning', { begin: () => Promise.reject(new Error('no connection')) }, 0],
    ['within an epoch, or at its end', { log: () => Promise.reject(new Error('no connection')) }, 1],
  ])('that throws %s fails the train, and names itself; what was trained is stored', async (_, fault, atLeast) => {
    const one = await loggingSession();
    const kept = new Kept();
    const failing: Logger = { name: 'dashboard', begin: () => undefined, log: () => undefined, ...fault };
    await expect(one.run(script, { loggers: [failing] })).rejects.toMatchObject({
      code: 'LOGGER_FAILED',
      message: expect.stringMatching(
        /^The logger 'dashboard' threw in (begin|log)\(\): no connection\. The model is back at the state before this train\(\); what a recorded train had come to is stored/,
      ) as string,
    });
    const { steps } = one.counts;
    expect(steps).toBeGreaterThanOrEqual(atLeast);
    await one.run(script, { loggers: [kept] });
    // Not one step was taken again.
    expect(one.counts.steps).toBe(5);
    const whole = new Kept();
    await (await loggingSession()).run(script, { loggers: [whole] });
    expect([...kept.runs]).toEqual([...whole.runs]);
  });

  test('that throws where a train is replayed says so; the record is there', async () => {
    const one = await loggingSession();
    await one.run(script);
    const failing: Logger = {
      begin: () => {
        throw new TypeError('not a function');
      },
      log: () => undefined,
    };
    await expect(one.run(script, { loggers: [failing] })).rejects.toThrow(
      "The logger 'without a name' threw in begin(): not a function. The train is recorded: mend the logger, or leave it out, and run the script again.",
    );
    const { loads } = one.counts;
    await one.run(script);
    expect(one.counts.loads).toBe(loads);
  });

  test.each([
    ['no array', new Kept()],
    ['one without log', [{ begin: () => undefined }]],
    ['null', [null]],
  ])('is checked where it is given: %s', async (_, loggers) => {
    const one = await loggingSession();
    await expect(one.run(script, { loggers: loggers as never })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

test('keys that say where a value belongs, and halves of characters, can not be logged', async () => {
  for (const key of ['step', 'epoch', '\ud800']) {
    const one = await loggingSession();
    const mark = callback('mark', { observes: true, onEpochEnd: (ctx) => ctx.log(key, 1) }, { key });
    const script = (model: Model) =>
      model.checkpoint(1, async (cp) => {
        await setUp(cp);
        await cp.train(train, { epochs: 1, callbacks: [mark] });
      });
    await expect(one.run(script)).rejects.toMatchObject({ code: 'INVALID_OPTION', option: 'key' });
  }
});
