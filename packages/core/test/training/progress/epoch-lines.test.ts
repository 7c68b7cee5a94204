import { describe, expect, test } from 'vitest';
import type { EpochRecord, Scores } from '../../../src/index.js';
import { epochLines, linesOf } from '../../../src/training/progress/epoch-lines.js';

const scores = (of: { readonly [name: string]: number }): Scores => of as Scores;

function record(train: object, val: object | null, given: Partial<EpochRecord> = {}): EpochRecord {
  return { epoch: 0, train: train as Scores, val: val as Scores | null, lr: 5e-4, time: 1.07, ...given };
}

const [train, val] = [
  { loss: 0.442, accuracy: 0.8892 },
  { loss: 0.2498, accuracy: 0.9312 },
];

describe("an epoch's line", () => {
  test('has each figure on the training data and on the validation data', () => {
    expect(epochLines(record(train, val), 2)).toEqual([
      'epoch 1/2  loss 0.4420/0.2498  accuracy 0.8892/0.9312  lr 5.0e-4  1.1 s',
    ]);
  });

  test('has the training figures alone where there are no others', () => {
    expect(epochLines(record(train, null, { epoch: 9 }), 10)).toEqual([
      'epoch 10/10  loss 0.4420  accuracy 0.8892  lr 5.0e-4  1.1 s',
    ]);
  });

  test('has a dash for a figure that one of the two lacks', () => {
    expect(epochLines(record({ loss: 1 }, { loss: 2, f1: 0.5 }), 2)).toEqual([
      'epoch 1/2  loss 1.0000/2.0000  f1 -/0.5000  lr 5.0e-4  1.1 s',
    ]);
  });

  test('goes without the rate where that takes it beyond 80 columns, then without the time', () => {
    const more = (name: string): readonly string[] =>
      epochLines(record({ ...train, [name]: 0.5 }, { ...val, [name]: 0.6 }, { epoch: 1 }), 9);
    expect(more('r')).toEqual(['epoch 2/9  loss 0.4420/0.2498  accuracy 0.8892/0.9312  r 0.5000/0.6000  1.1 s']);
    expect(more('topFive')).toEqual(['epoch 2/9  loss 0.4420/0.2498  accuracy 0.8892/0.9312  topFive 0.5000/0.6000']);
  });

  test('takes several lines where even that is too wide, and then says all', () => {
    const more = { precision: 0.5, recall: 0.5, f1: 0.5 };
    expect(epochLines(record({ ...train, ...more }, { ...val, ...more }, { epoch: 11 }), 20)).toEqual([
      'epoch 12/20  loss 0.4420/0.2498  accuracy 0.8892/0.9312  precision 0.5000/0.5000',
      '             recall 0.5000/0.5000  f1 0.5000/0.5000  lr 5.0e-4  1.1 s',
    ]);
  });

  test('is cut alike for all epochs of a train, however long its figures are', () => {
    const at = (time: number, lr: number): readonly string[] =>
      epochLines(record({ ...train, r: 0.5 }, { ...val, r: 0.5 }, { time, lr }), 9);
    for (const time of [0.01, 9.9, 10, 123.4, 999.9]) {
      for (const lr of [1e-3, 1.25e-3, 0.1]) {
        const [only, ...others] = at(time, lr);
        expect(others).toEqual([]);
        expect(only).not.toContain('lr ');
        expect(only).toMatch(/ s$/);
      }
    }
  });

  test('is never wider than 80 columns, unless a single figure is', () => {
    const names = ['a', 'accuracy', 'binaryAccuracy', 'my-own.metric@3', 'precision'];
    for (let count = 0; count <= names.length; count++) {
      for (const total of [1, 20, 300, 4000]) {
        for (const value of [0.1234, -12.5, 1.2e-7, Number.NaN]) {
          const figures = Object.fromEntries(['loss', ...names.slice(0, count)].map((name) => [name, value]));
          for (const validated of [null, figures]) {
            const history = [record(figures, validated)];
            const lines = linesOf({ initial: validated === null ? null : scores(figures), history }, total);
            for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
            for (const name of Object.keys(figures)) expect(lines.join('\n')).toContain(`  ${name} `);
          }
        }
      }
    }
  });
});

test('the scores before training have their monitors’ names', () => {
  expect(linesOf({ initial: scores(val), history: [record(train, val)] }, 2)).toEqual([
    'before     val_loss 0.2498  val_accuracy 0.9312',
    'epoch 1/2  loss 0.4420/0.2498  accuracy 0.8892/0.9312  lr 5.0e-4  1.1 s',
  ]);
});
