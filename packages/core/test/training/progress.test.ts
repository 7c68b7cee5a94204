import { describe, expect, test } from 'vitest';
import { parseTrainOptions, type ProgressMode, train } from '../../src/index.js';
import { Progress } from '../../src/training/progress.js';
import { clock, figure, rate } from '../../src/training/format.js';
import { context, linearNet } from './linear-net.js';
import { line, trainingState } from './support.js';

const clear = '\r\x1b[K';

/** A host whose clock is set by hand. */
function host(isTerminal: boolean, columns = 80) {
  const written: string[] = [];
  const set = { now: 0, columns };
  const output = {
    write: (text: string) => void written.push(text),
    isTerminal,
    get columns() {
      return set.columns;
    },
  };
  return { written, set, output, elapsed: () => set.now };
}

describe('on a terminal', () => {
  test('one line shows the part done, the rate, the loss and the time left', () => {
    const on = host(true, 100);
    const progress = new Progress(on, 'auto');
    progress.begin('epoch 2/4', 1000, { before: 0.25, part: 0.25 });
    on.set.now = 15_000;
    progress.advance(500, { loss: 0.32104 });
    // Three eighths took 15 s, so five eighths take 25 s.
    expect(on.written).toEqual([
      `\repoch 2/4  ${'━'.repeat(12)}${'─'.repeat(12)}   50 %  33 samples/s  loss 0.3210  left 0:25\x1b[K`,
    ]);
    progress.clear();
    progress.clear();
    expect(on.written.slice(1)).toEqual([clear]);
  });

  test('is redrawn at most ten times a second', () => {
    const on = host(true);
    const progress = new Progress(on, 'bar');
    progress.begin('epoch 1/1', 10_000);
    for (let i = 0; i < 10_000; i++) {
      on.set.now += 0.4;
      progress.advance(1, { loss: 1 });
    }
    expect(on.written.length).toBeLessThanOrEqual(40);
    expect(on.written.length).toBeGreaterThan(30);
  });

  test.each([20, 40, 60, 200])('fits into %i columns', (columns) => {
    const on = host(true, columns);
    const progress = new Progress(on, 'bar');
    progress.begin('epoch 100/100', 1e6);
    on.set.now = 1e6;
    progress.advance(5e5, { loss: 12.5 });
    const shown = on.written[0]!.replace('\r', '').replace('\x1b[K', '');
    expect(shown.length).toBeLessThan(columns);
  });

  test('data without a length shows samples, and no time left', () => {
    const on = host(true);
    const progress = new Progress(on, 'bar');
    progress.begin('epoch 1/2', null);
    on.set.now = 2000;
    progress.advance(300, { loss: 1 });
    expect(on.written[0]).toBe('\repoch 1/2  300 samples  150 samples/s  loss 1.0000\x1b[K');
  });

  test('the bar is away before anything else is printed, and at the end', async () => {
    const ctx = context(linearNet(), { isTerminal: true, tick: 60 });
    await train(
      ctx,
      trainingState(),
      { train: line([1, 2, 3, 4]), validation: line([1, 2]) },
      parseTrainOptions({ epochs: 3, batchSize: 1 }, { validation: true }),
    );
    const screen = ctx.written.join('');
    expect(screen).toContain('samples/s');
    for (const text of ctx.lines)
      expect(screen).toMatch(new RegExp(`(^|\n|\\r\\x1b\\[K)${text.replace(/[/.*()]/g, '\\$&')}\n`));
    expect(screen.endsWith('\n') || screen.endsWith(clear)).toBe(true);
  });

  test('the bar is away after an error', async () => {
    const ctx = context(linearNet(), { isTerminal: true, tick: 200 });
    const bad = line([1, 2, Number.NaN]);
    const run = train(
      ctx,
      trainingState(),
      { train: bad, validation: null },
      parseTrainOptions({ epochs: 1, batchSize: 1, shuffle: false }, { validation: false }),
    );
    await expect(run).rejects.toThrow('LOSS_NOT_FINITE');
    expect(ctx.written.at(-1)).toBe(clear);
  });
});

describe('elsewhere', () => {
  test('a log gets a line every half minute, and no escape codes', () => {
    const on = host(false);
    const progress = new Progress(on, 'auto');
    progress.begin('epoch 1/2', 100, { before: 0, part: 0.5 });
    for (let i = 0; i < 100; i++) {
      on.set.now += 1000;
      progress.advance(1, { loss: 2 });
    }
    progress.clear();
    expect(on.written).toEqual([
      'epoch 1/2   30 %  1 samples/s  loss 2.0000  left 2:50\n',
      'epoch 1/2   60 %  1 samples/s  loss 2.0000  left 2:20\n',
      'epoch 1/2   90 %  1 samples/s  loss 2.0000  left 1:50\n',
    ]);
  });

  test.each([true, false])('silence is silent, on a terminal: %s', (isTerminal) => {
    const on = host(isTerminal);
    const progress = new Progress(on, 'silent' satisfies ProgressMode);
    progress.begin('epoch', 10);
    on.set.now = 1e6;
    progress.advance(5, { loss: 1 });
    progress.clear();
    expect(on.written).toEqual([]);
  });
});

test('figures for people', () => {
  expect([0.32104, 12, 0, 1.234e-5, 250_000, Number.NaN, -0.5].map(figure)).toEqual([
    '0.3210',
    '12.0000',
    '0.0000',
    '1.234e-5',
    '2.500e+5',
    'NaN',
    '-0.5000',
  ]);
  expect([5e-4, 1.25e-3, 0.1, 10].map(rate)).toEqual(['5.0e-4', '1.25e-3', '1.0e-1', '1.0e+1']);
  expect([0, 31.2, 3723].map(clock)).toEqual(['0:00', '0:31', '1:02:03']);
});
