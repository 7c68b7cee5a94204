// Whenever loggers are told, what they were told in the end is what they would be told at once: all of it, in one order, each figure once.
import { expect, test } from 'vitest';
import { stream } from '../../src/index.js';
import { Logged, type LoggedQuantities } from '../../src/callbacks/logged.js';
import type { LoggedPoint, Logger, LoggerRun } from '../../src/loggers/logger.js';
import { nothingTold, pointsSince } from '../../src/loggers/points.js';
import { Telling } from '../../src/loggers/telling.js';
import type { EpochRecord } from '../../src/index.js';

const run: LoggerRun = { model: 'm', checkpoint: '1', train: 1, hparams: null };

/** One that keeps what it is told. */
class Memory implements Logger {
  points: LoggedPoint[] = [];
  begun = 0;
  told = 0;
  begin(_: LoggerRun, points: readonly LoggedPoint[]): void {
    this.points = [...points];
    this.begun++;
  }
  log(_: LoggerRun, points: readonly LoggedPoint[]): void {
    this.points.push(...points);
    this.told++;
  }
}

function record(epoch: number, step: number, value: number): EpochRecord {
  return { epoch, train: { loss: value }, val: { loss: value + 1 }, lr: 0.1, time: 0, step };
}

/** As a record that was decoded has it: keys sorted. */
function decoded(logged: LoggedQuantities): LoggedQuantities {
  return Object.fromEntries(Object.entries(logged).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** A train of random logs, told at random times. */
async function played(seed: number): Promise<{ readonly live: Memory; readonly whole: Memory }> {
  const random = stream(seed, 'test/telling');
  const below = (n: number): number => Math.floor(random.uniform() * n);
  const logged = new Logged([]);
  const history: EpochRecord[] = [];
  const live = new Memory();
  const telling = new Telling([live], run, () => 0, 'mend it');
  const begun = below(5);
  const initial = { loss: -1 };
  let [step, values] = [begun, 0];
  const figures = () => ({ initial, history, logged: logged.view(), begun });
  const log = (per: 'step' | 'epoch', epoch: number, chance = 0.4): void => {
    for (const key of per === 'step' ? ['z', 'lr', 'a', 'é'] : ['y', 'b'])
      while (random.uniform() < chance) logged.log('by', key, values++, per, { epoch, step });
  };
  log('step', -1);
  log('epoch', -1);
  logged.endEpoch({ epoch: -1, step });
  await telling.begin(figures());
  const epochs = 1 + below(4);
  for (let epoch = 0; epoch < epochs; epoch++) {
    log('step', epoch);
    for (let i = below(6); i >= 0; i--) {
      log('step', epoch, 0.2);
      step++;
      log('step', epoch);
      if (random.uniform() < 0.5) await telling.more(figures(), step);
    }
    log('step', epoch);
    log('epoch', epoch);
    logged.endEpoch({ epoch, step });
    history.push(record(epoch, step, epoch));
    await telling.more(figures());
  }
  // At the end of all, behind the last epoch's scores.
  log('step', epochs - 1, 0.2);
  log('epoch', epochs - 1, 0.2);
  logged.endEpoch({ epoch: epochs - 1, step });
  await telling.more(figures());
  const whole = new Memory();
  await new Telling([whole], run, () => 0, 'mend it').begin({ ...figures(), logged: decoded(logged.series()) });
  return { live, whole };
}

test('told bit by bit, at random times, it comes to what is told at once', async () => {
  for (let seed = 0; seed < 400; seed++) {
    const { live, whole } = await played(seed);
    expect(live.points, `seed ${seed}`).toEqual(whole.points);
  }
});

test('nothing is told again but what has to come before something that was told', async () => {
  const logged = new Logged([]);
  const memory = new Memory();
  const telling = new Telling([memory], run, () => 0, 'mend it');
  const history: EpochRecord[] = [];
  const figures = () => ({ initial: null, history, logged: logged.view(), begun: 0 });
  await telling.begin(figures());
  for (let step = 1; step <= 100; step++) {
    // The start of a step belongs to the moment of the last one.
    logged.log('by', 'lr', step, 'step', { epoch: 0, step: step - 1 });
    logged.log('by', 'loss', step, 'step', { epoch: 0, step });
    await telling.more(figures(), step);
  }
  logged.endEpoch({ epoch: 0, step: 100 });
  history.push(record(0, 100, 1));
  await telling.more(figures());
  expect(memory.begun).toBe(1);
  expect(memory.points).toHaveLength(200 + 2);
  logged.log('by', 'loss', 7, 'step', { epoch: 0, step: 100 });
  await telling.more(figures());
  expect(memory.begun).toBe(2);
  expect(memory.points.slice(-3).map(({ key, per }) => [key, per])).toEqual([
    ['loss', 'step'],
    ['train_loss', 'epoch'],
    ['val_loss', 'epoch'],
  ]);
});

test('each value is looked at once, however often there are more', async () => {
  let reads = 0;
  const counting = (list: number[]): ArrayLike<number> =>
    new Proxy(list, {
      get: (target, name) => {
        if (name !== 'length') reads++;
        return Reflect.get(target, name) as number;
      },
    });
  const [steps, epochs, values]: [number[], number[], number[]] = [[], [], []];
  const logged = {
    a: { per: 'step', steps: counting(steps), epochs: counting(epochs), values: counting(values) },
  } as const;
  const memory = new Memory();
  const telling = new Telling([memory], run, () => 0, 'mend it');
  for (let step = 1; step <= 2000; step++) {
    steps.push(step);
    epochs.push(0);
    values.push(step);
    await telling.more({ initial: null, history: [], logged, begun: 0 }, step);
  }
  expect(memory.points).toHaveLength(1999);
  expect(reads).toBeLessThan(2000 * 20);
});

test('scores of an epoch come in their own order, with the rate, and what was logged behind them by key', () => {
  const logged = {
    b: series([2], [0], [5]),
    a: series([2], [0], [6]),
    s: { ...series([1, 2], [0, 0], [7, 8]), per: 'step' },
  } as const;
  const { points } = pointsSince(nothingTold, { initial: { loss: 3 }, history: [record(0, 2, 4)], logged, begun: 0 });
  expect(points.map(({ key, value, step, epoch, per }) => [key, value, step, epoch, per])).toEqual([
    ['val_loss', 3, 0, -1, 'epoch'],
    ['s', 7, 1, 0, 'step'],
    ['s', 8, 2, 0, 'step'],
    ['train_loss', 4, 2, 0, 'epoch'],
    ['val_loss', 5, 2, 0, 'epoch'],
    ['lr', 0.1, 2, 0, 'epoch'],
    ['a', 6, 2, 0, 'epoch'],
    ['b', 5, 2, 0, 'epoch'],
  ]);
});

test('of a rate that is logged, the epochs have no other', () => {
  const lr = { ...series([1, 2], [0, 0], [7, 8]), per: 'step' } as const;
  const { points } = pointsSince(nothingTold, { initial: null, history: [record(0, 2, 4)], logged: { lr }, begun: 0 });
  expect(points.filter(({ key }) => key === 'lr').map(({ value }) => value)).toEqual([7, 8]);
});

test('a rate that is logged from a later epoch on: all is told anew, as a replay would', async () => {
  const logged = new Logged([]);
  const memory = new Memory();
  const telling = new Telling([memory], run, () => 0, 'mend it');
  const history = [record(0, 2, 4)];
  const figures = () => ({ initial: null, history, logged: logged.view(), begun: 0 });
  await telling.begin(figures());
  expect(memory.points.at(-1)?.key).toBe('lr');
  logged.log('by', 'lr', 9, 'step', { epoch: 1, step: 3 });
  history.push(record(1, 3, 4));
  await telling.more(figures());
  expect(memory.points.filter(({ key }) => key === 'lr')).toEqual([
    { key: 'lr', value: 9, step: 3, epoch: 1, per: 'step' },
  ]);
});

test('records that are older than steps are told by their epochs', () => {
  const { step: _, ...older } = record(0, 2, 4);
  const { points } = pointsSince(nothingTold, {
    initial: { loss: 3 },
    history: [older, { ...older, epoch: 1 }, record(2, 15, 4)],
    begun: null,
  });
  expect(points.map(({ step, epoch }) => [step, epoch])).toEqual([
    [null, -1],
    ...Array.from({ length: 3 }, () => [null, 0]),
    ...Array.from({ length: 3 }, () => [null, 1]),
    ...Array.from({ length: 3 }, () => [15, 2]),
  ]);
});

test('a logger that asks for it is told all of it, and the others are not', async () => {
  const [asks, memory] = [new Memory(), new Memory()];
  const asking: Logger = { begin: (r, points) => asks.begin(r, points), log: () => 'again' };
  const telling = new Telling([asking, memory], run, () => 0, 'mend it');
  const history: EpochRecord[] = [];
  const figures = () => ({ initial: { loss: 1 }, history, begun: 0 });
  await telling.begin(figures());
  history.push(record(0, 2, 4));
  await telling.more(figures());
  expect([asks.begun, memory.begun, memory.told]).toEqual([2, 1, 1]);
  expect(asks.points).toEqual(memory.points);
});

test('one that is given twice is told once', async () => {
  const memory = new Memory();
  const telling = new Telling([memory, memory], run, () => 0, 'mend it');
  await telling.begin({ initial: { loss: 1 }, history: [], begun: 0 });
  expect(memory.begun).toBe(1);
});

test('within an epoch they are told once a second, and seldom where that takes long', async () => {
  let now = 0;
  const slow: Logger = {
    begin: () => void (now += 300),
    log: () => undefined,
  };
  const quick = new Telling([new Memory()], run, () => now, 'mend it');
  const telling = new Telling([slow], run, () => now, 'mend it');
  const figures = { initial: { loss: 1 }, history: [], begun: 0 };
  await quick.begin(figures);
  await telling.begin(figures);
  expect([quick.due, telling.due]).toEqual([false, false]);
  now += 1000;
  expect([quick.due, telling.due]).toEqual([true, false]);
  now += 5000;
  expect(telling.due).toBe(true);
});

class Failing implements Logger {
  begin(): void {
    throw new TypeError('no connection');
  }
  log(): void {}
}

test.each<readonly [string, Logger, string]>([
  [
    'by its name',
    { name: 'mine', begin: () => Promise.reject(new Error('no connection')), log: () => undefined },
    'mine',
  ],
  ['by its class', new Failing(), 'Failing'],
])('what one throws is told %s', async (_, logger, name) => {
  const telling = new Telling([logger], run, () => 0, 'Mend it.');
  await expect(telling.begin({ initial: null, history: [], begun: 0 })).rejects.toMatchObject({
    code: 'LOGGER_FAILED',
    message: expect.stringContaining(`The logger '${name}' threw in begin(): no connection. Mend it.`) as string,
    cause: expect.any(Error) as Error,
  });
});

function series(steps: number[], epochs: number[], values: number[]) {
  return { per: 'epoch', steps, epochs, values } as const;
}
