// What a terminal shows while an op works, write by write.
import { describe, expect, test } from 'vitest';
import { metric, type OpContext, parseTrainOptions, type TrainSettings } from '../../../src/index.js';
import { train } from '../../../src/training/train.js';
import { Progress } from '../../../src/training/progress/progress.js';
import { context, linearNet } from '../linear-net.js';
import { Screen } from '../../../../../test/support/screen.js';
import { line, trainingState } from '../support.js';

/** An op's context on a screen. Its clock moves by 40 ms each time it is read; `lines` are what the op printed. */
function on(screen: Screen, signal?: AbortSignal): OpContext & { readonly lines: readonly string[] } {
  const ctx = context(linearNet(), { tick: 40, ...(signal && { signal }) });
  const lines: string[] = [];
  const output = {
    write: screen.write,
    isTerminal: true,
    get columns() {
      return screen.columns;
    },
    get written() {
      return screen.written.length;
    },
  };
  const print = (text: string): void => {
    lines.push(text);
    screen.write(`${text}\n`);
  };
  return { ...ctx, host: { ...ctx.host, output }, lines, line: print };
}

const data = { train: line([1, 2, 3, 4, -1, -2]), validation: line([1, 2, 3]) };

/** A metric that does something at each batch, as a user's might. */
function each(does: () => void) {
  const update = (count: number): number => {
    does();
    return count + 1;
  };
  return metric('count', { mode: 'max', init: () => 0, update, result: (count) => count }, { key: 'counts' });
}

function settings(does: () => void = () => undefined): TrainSettings {
  return parseTrainOptions({ epochs: 12, batchSize: 1, metrics: [each(does)] }, { validation: true });
}

describe.each([80, 40, 24])('a train on a terminal of %i columns', (columns) => {
  const whole = /^train +([━─]+ +)?\d+\/12 epochs/;
  const pass = /^(epoch +\d+\/12|validation) +([━─]+ +)?\d+ %/;

  test('shows, after each write, what was printed, and below it nothing or two lines of progress', async () => {
    const screen = new Screen(columns);
    const ctx = on(screen);
    await train(ctx, trainingState(), data, settings());
    let [redraws, printed] = [0, 0];
    while (await screen.step()) {
      const { above, below, cursor } = screen;
      expect(above).toEqual(ctx.lines.slice(0, above.length));
      expect(above.length).toBeGreaterThanOrEqual(printed);
      printed = above.length;
      expect(cursor.x).toBe(0);
      if (below.length === 0) continue;
      redraws++;
      expect(below).toEqual(['', expect.stringMatching(whole), expect.stringMatching(pass)]);
      for (const row of below) expect(row.length).toBeLessThan(columns);
    }
    expect(redraws).toBeGreaterThan(50);
    expect(screen.above).toEqual(ctx.lines);
    expect(screen.below).toEqual([]);
  });
});

test('a line that the script prints at each batch comes out whole, each of them', async () => {
  const screen = new Screen(80);
  const ctx = on(screen);
  const spoken: string[] = [];
  const speak = (): void => {
    spoken.push(`said ${spoken.length}, while the bar was there`);
    ctx.line(spoken.at(-1)!);
  };
  await train(ctx, trainingState(), data, settings(speak));
  await screen.settle();
  expect(spoken).toHaveLength(12 * 6 + 13 * 3);
  expect(screen.above).toEqual(ctx.lines);
  expect(screen.below).toEqual([]);
});

test('of several lines that it prints at once, those after the first may keep the end of the bar, and no text is lost', async () => {
  const screen = new Screen(80);
  const { host } = on(screen);
  const progress = new Progress(host, 'bar', 4);
  progress.begin('epoch 1/4', 10, { epoch: 0, done: 0 });
  for (let i = 0; i < 8; i++) progress.advance(1, { loss: 1 });
  screen.write('one\ntwo\n');
  for (let i = 0; i < 8; i++) progress.advance(0, { loss: 1 });
  progress.clear();
  await screen.settle();
  expect(screen.above).toEqual(['one', expect.stringMatching(/^two/)]);
  expect(screen.below).toEqual([]);
});

describe('a terminal whose width changes', () => {
  async function changed(from: number, to: number): Promise<Screen> {
    const screen = new Screen(from);
    const { host } = on(screen);
    const progress = new Progress(host, 'bar', 4);
    const draw = async (): Promise<void> => {
      for (let i = 0; i < 4; i++) progress.advance(1, { loss: 0.123, running: () => ({ accuracy: 0.5 }) });
      await screen.settle();
      expect(screen.below).toHaveLength(3);
      for (const row of screen.below) expect(row.length).toBeLessThan(screen.columns);
    };
    screen.write('printed\n');
    progress.begin('epoch 1/4', 100, { epoch: 0, done: 0 });
    await draw();
    screen.resize(to);
    await draw();
    progress.above(() => screen.write('said\n'));
    progress.clear();
    await screen.settle();
    expect(screen.below).toEqual([]);
    return screen;
  }

  test.each([20, 40, 79])('from %i columns to 80, keeps what was printed, and nothing of the bar', async (from) => {
    expect((await changed(from, 80)).above).toEqual(['printed', 'said']);
  });

  test.each([20, 40, 79])('from 80 columns to %i, loses nothing that was printed', async (to) => {
    const { above } = await changed(80, to);
    // This terminal moves its cursor down by as many rows as it breaks lines into, also below the cursor: the bar of before stays, once.
    const left = above.filter((text) => text !== 'printed' && text !== 'said');
    expect(above.filter((text) => !left.includes(text))).toEqual(['printed', 'said']);
    expect(left.length).toBeLessThanOrEqual(3);
  });
});

test.each(['throws', 'is stopped'])('where a train %s, the cursor is behind what was printed', async (how) => {
  const screen = new Screen(80);
  const controller = new AbortController();
  const ctx = on(screen, controller.signal);
  let batches = 0;
  const does = (): void => {
    if (++batches !== 25) return;
    if (how === 'throws') throw new Error('it does');
    controller.abort(new Error('it does'));
  };
  await expect(train(ctx, trainingState(), data, settings(does))).rejects.toThrow('it does');
  let drawn = false;
  while (await screen.step()) drawn ||= screen.below.length > 0;
  expect(drawn).toBe(true);
  expect(ctx.lines.length).toBeGreaterThan(2);
  expect(screen.above).toEqual(ctx.lines);
  expect(screen.below).toEqual([]);
  expect(screen.cursor.x).toBe(0);
});

test('a redraw never blanks what is there: whichever part of it has arrived, both lines begin as before', async () => {
  const screen = new Screen(80);
  const { host } = on(screen);
  const progress = new Progress(host, 'bar', 4);
  progress.begin('epoch 1/4', 100, { epoch: 0, done: 0 });
  const draw = (): void => {
    const redraws = screen.written.length;
    while (screen.written.length === redraws) progress.advance(1, { loss: 0.5 });
  };
  draw();
  await screen.settle();
  draw();
  for (const character of screen.written.at(-1)!) {
    await screen.put(character);
    const rows = screen.rows;
    expect(rows[1]).toMatch(/^train {6}[━─]{24}/);
    expect(rows[2]).toMatch(/^epoch 1\/4 {2}[━─]{10}/);
  }
});

test.each([
  ['漢字かなカナ한국어：エポック', '漢字かなカナ한국어：エポック'.length * 2],
  ['ｶﾅ café́ ①', 10],
])('a label in wide characters never breaks a line: %s', async (label, width) => {
  for (let columns = 8; columns <= 90; columns += 1) {
    const screen = new Screen(columns);
    const { host } = on(screen);
    const progress = new Progress(host, 'bar', 4);
    progress.begin(label, 100, { epoch: 0, done: 0 });
    for (let i = 0; i < 4; i++) progress.advance(1, { loss: 0.5 });
    await screen.settle();
    expect(screen.below).toHaveLength(3);
    if (columns > width) expect(screen.below[2]).toContain(label);
  }
});

test('colours take no columns, and there are none unless the terminal has some', () => {
  const drawn = [false, true].map((colors) => {
    const screen = new Screen(80);
    const { host } = on(screen);
    const progress = new Progress({ ...host, output: { ...host.output, columns: 80, colors } }, 'bar', 4);
    progress.begin('epoch 1/4', 100, { epoch: 0, done: 0 });
    for (let i = 0; i < 4; i++) progress.advance(1, { loss: 0.5 });
    return screen.written.join('');
  });
  const sgr = /\x1b\[[\d;]*m/g;
  expect(drawn[0]).not.toMatch(sgr);
  expect(drawn[1]).toMatch(sgr);
  expect(drawn[1]!.replaceAll(sgr, '')).toBe(drawn[0]);
});

test('the host is told what takes the bar away as long as there is one', () => {
  const screen = new Screen(80);
  const { host } = on(screen);
  const told: string[] = [];
  const whileDrawn = (undo: string): (() => void) => {
    told.push(JSON.stringify(undo));
    return () => void told.push('gone');
  };
  const progress = new Progress({ ...host, output: { ...host.output, columns: 80, whileDrawn } }, 'bar');
  progress.begin('evaluate', 100);
  expect(told).toEqual([]);
  for (let i = 0; i < 12; i++) progress.advance(1, null);
  progress.clear();
  progress.clear();
  expect(told).toEqual([JSON.stringify('\r\x1b[J'), 'gone']);
});
