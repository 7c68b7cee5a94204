import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ranked } from '../../../src/callbacks/checkpoint/ranking.js';
import type { SavedCheckpoint } from '../../../src/index.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

function saved(values: readonly (number | null)[]): readonly SavedCheckpoint[] {
  return values.map((value, i) => ({ name: String(i), path: null, epochs: i + 1, steps: 0, step: 5 * (i + 1), value }));
}

function names(values: readonly (number | null)[], mode: 'min' | 'max', topK: number): string {
  return ranked(saved(values), mode, topK)
    .map(({ name }) => name)
    .join(' ');
}

test.each([
  ['the smallest first', [3, 1, 2], 'min', -1, '1 2 0'],
  ['the largest first', [3, 1, 2], 'max', -1, '0 2 1'],
  ['as many as asked for', [3, 1, 2], 'min', 2, '1 2'],
  ['none', [3, 1, 2], 'min', 0, ''],
  ['of equals, the one that was first', [2, 1, 1, 1], 'min', 2, '1 2'],
  ['−0 and 0 are equals', [0, -0], 'min', -1, '0 1'],
  ['infinities by their size', [inf, 0, -inf], 'min', -1, '2 1 0'],
  ['infinities by their size', [inf, 0, -inf], 'max', -1, '0 1 2'],
  ['NaN behind all numbers', [nan, inf, 0], 'min', -1, '2 1 0'],
  ['NaN behind all numbers', [nan, -inf, 0], 'max', -1, '2 1 0'],
  ['NaN where there are no others', [nan, nan], 'min', 1, '0'],
  ['without a monitor, the newest first', [null, null, null], 'min', 1, '2'],
  ['without a monitor, all', [null, null, null], 'min', -1, '2 1 0'],
] as const)('%s: %j, %s, top %i', (_, values, mode, topK, expected) => {
  expect(names(values, mode, topK)).toBe(expected);
});

test('an end of an epoch is newer than its last step, which has the same number', () => {
  const step = { name: 'step', path: null, epochs: 1, steps: 5, step: 10, value: null };
  const end = { name: 'end', path: null, epochs: 2, steps: 0, step: 10, value: null };
  for (const both of [
    [step, end],
    [end, step],
  ])
    expect(ranked(both, 'min', 1).map(({ name }) => name)).toEqual(['end']);
});

test('kept one by one, it is the same as ranking all at once', () => {
  const value = fc.oneof(fc.constantFrom(nan, inf, -inf, 0, 1), fc.float({ noNaN: true }));
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 12 }),
      fc.integer({ min: 0, max: 5 }),
      fc.constantFrom('min', 'max'),
      (values, topK, mode) => {
        let kept: readonly SavedCheckpoint[] = [];
        for (const each of saved(values)) kept = ranked([...kept, each], mode, topK);
        const numbers = saved(values).filter((each) => !Number.isNaN(each.value!));
        // Sorting is stable, and the first come first.
        const order = numbers.toSorted(({ value: a }, { value: b }) => {
          if (a === b) return 0;
          return (mode === 'min' ? 1 : -1) * (a! < b! ? -1 : 1);
        });
        const none = saved(values).filter((each) => Number.isNaN(each.value!));
        expect(kept).toEqual([...order, ...none].slice(0, topK));
      },
    ),
  );
});
