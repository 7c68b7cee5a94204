import { describe, expect, test } from 'vitest';
import { type ProgressMode } from '../../../src/index.js';
import { clock, compact, figure, rate } from '../../../src/training/format.js';
import { Progress } from '../../../src/training/progress/progress.js';

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

/** The lines of a redraw. */
function linesOf(redraw: string | undefined): readonly string[] {
  const [, body = ''] = /^\r\x1b\[K\r\n(.*)\x1b\[J\x1b\[\d+A\r$/s.exec(redraw ?? '') ?? [];
  return body.split('\x1b[K\r\n');
}

describe('on a terminal', () => {
  test('a line shows the part done, the rate, the loss and metrics, and the time left', () => {
    const on = host(true, 100);
    const progress = new Progress(on, 'auto');
    progress.begin('evaluate', 1000);
    on.set.now = 15_000;
    progress.advance(500, { loss: 0.32104, running: () => ({ accuracy: 0.91234 }) });
    expect(on.written.map(linesOf)).toEqual([
      [`evaluate  ${'━'.repeat(12)}${'─'.repeat(12)}  50 %  33 samples/s  loss 0.3210  accuracy 0.9123  left 0:15`],
    ]);
  });

  test('a train has one for the whole above it, whose time left counts validation too', () => {
    const on = host(true, 80);
    const progress = new Progress(on, 'auto', 4);
    progress.begin('epoch 1/4', 1000, { epoch: 0, done: 0 });
    on.set.now = 10_000;
    progress.advance(1000, { loss: 1 });
    progress.begin('validation', 100);
    on.set.now = 12_000;
    progress.begin('epoch 2/4', 1000, { epoch: 1, done: 0 });
    on.set.now = 17_000;
    progress.advance(500, { loss: 1 });
    // Half of this epoch and two more take 25 s, three validations 6 s.
    expect(linesOf(on.written.at(-1))).toEqual([
      `train       ${'━'.repeat(9)}${'─'.repeat(15)}  1/4 epochs  left 0:31`,
      `epoch 2/4   ${'━'.repeat(11)}${'─'.repeat(11)}  50 %  100 samples/s  loss 1.0000  left 0:05`,
    ]);
  });

  test('a train that was gone on with counts only what this process does', () => {
    const on = host(true, 100);
    const progress = new Progress(on, 'auto', 10);
    progress.begin('epoch 5/10', 1000, { epoch: 4, done: 800 });
    on.set.now = 1000;
    progress.advance(100, { loss: 1 });
    const [whole, pass] = linesOf(on.written.at(-1));
    // A tenth of an epoch a second: five more and a tenth take 51 s.
    expect(whole).toMatch(/4\/10 epochs {2}left 0:51$/);
    expect(pass).toMatch(/ 90 % {2}100 samples\/s .*left 0:01$/);
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

  test('what matters less gives way in a narrower terminal: metrics, then the bar, the rate, the time left, the loss', () => {
    const shown = [120, 80, 60, 42, 36, 30, 16, 7].map((columns) => {
      const on = host(true, columns);
      const progress = new Progress(on, 'bar');
      progress.begin('epoch 12/20', 60_000);
      on.set.now = 2000;
      progress.advance(30_000, { loss: 0.5, running: () => ({ accuracy: 0.9, precision: 0.8, f1: 0.7 }) });
      const [line] = linesOf(on.written[0]);
      expect(line!.length).toBeLessThan(columns);
      return line!.replace(/[━─]+/, '[bar]');
    });
    expect(shown).toEqual([
      'epoch 12/20  [bar]  50 %  15000 samples/s  loss 0.5000  accuracy 0.9000  precision 0.8000  f1 0.7000  left 0:02',
      'epoch 12/20  [bar]  50 %  15.0k/s  loss 0.5000  accuracy 0.9000  left 0:02',
      'epoch 12/20  50 %  15000 samples/s  loss 0.5000  left 0:02',
      'epoch 12/20  50 %  loss 0.5000  left 0:02',
      'epoch 12/20  50 %  loss 0.5000',
      'epoch 12/20  50 %  left 0:02',
      'epoch 12/20',
      'epoch ',
    ]);
  });

  test('data without a length shows samples, and no time left', () => {
    const on = host(true);
    const progress = new Progress(on, 'bar');
    progress.begin('evaluate', null);
    on.set.now = 2000;
    progress.advance(300, { loss: 1 });
    expect(linesOf(on.written[0])).toEqual(['evaluate  300 samples  150 samples/s  loss 1.0000']);
  });

  test('with training data of no known length, the whole has its time left from the second epoch on', () => {
    const on = host(true);
    const progress = new Progress(on, 'bar', 3);
    progress.begin('epoch 1/3', null, { epoch: 0, done: 0 });
    on.set.now = 6000;
    progress.advance(300, { loss: 1 });
    expect(linesOf(on.written.at(-1))[0]).toMatch(/0\/3 epochs$/);
    on.set.now = 8000;
    progress.begin('epoch 2/3', null, { epoch: 1, done: 0 });
    on.set.now = 9000;
    progress.advance(50, { loss: 1 });
    expect(linesOf(on.written.at(-1))[0]).toMatch(/1\/3 epochs {2}left 0:15$/);
  });
});

describe('elsewhere', () => {
  test('a log gets a line every half minute, and no escape codes', () => {
    const on = host(false);
    const progress = new Progress(on, 'auto', 2);
    progress.begin('epoch 1/2', 100, { epoch: 0, done: 0 });
    for (let i = 0; i < 100; i++) {
      on.set.now += 1000;
      progress.advance(1, { loss: 2 });
    }
    progress.above(() => on.output.write('said\n'));
    progress.clear();
    expect(on.written).toEqual([
      'epoch 1/2  30 %  1 samples/s  loss 2.0000  left 2:50\n',
      'epoch 1/2  60 %  1 samples/s  loss 2.0000  left 2:20\n',
      'epoch 1/2  90 %  1 samples/s  loss 2.0000  left 1:50\n',
      'said\n',
    ]);
  });

  test.each([true, false])('silence is silent, on a terminal: %s', (isTerminal) => {
    const on = host(isTerminal);
    const progress = new Progress(on, 'silent' satisfies ProgressMode, 2);
    progress.begin('epoch', 10, { epoch: 0, done: 0 });
    on.set.now = 1e6;
    progress.advance(5, { loss: 1 });
    progress.begin('validation', 10);
    progress.above(() => undefined);
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
  expect([0.4, 12, 999.4, 999.5, 1234, 12_345, 99_960, 999_499, 999_500, 4.56e7].map(compact)).toEqual([
    '0',
    '12',
    '999',
    '1.00k',
    '1.23k',
    '12.3k',
    '100k',
    '999k',
    '1.00M',
    '45.6M',
  ]);
});
