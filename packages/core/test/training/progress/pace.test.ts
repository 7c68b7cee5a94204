import { describe, expect, test } from 'vitest';
import { Pace } from '../../../src/training/progress/pace.js';

/** Milliseconds of a pass over the training data, and of one over the validation data. */
const [training, validation] = [8000, 2000];

describe('a train of even speed, six epochs with validation', () => {
  /** From an epoch, a part of which an earlier process did, to the end: what the pace says at quarters of each pass, beside what is true. */
  function passed(first: number, done: number): readonly { readonly said: number | null; readonly left: number }[] {
    const pace = new Pace(6);
    const told: { said: number | null; left: number }[] = [];
    const initial = first === 0 && done === 0;
    const end = (initial ? validation : 0) + (6 - first) * (training + validation) - done * training;
    let now = 0;
    const quarters = (length: number, from: number): void => {
      const begun = now;
      for (const part of [0.25, 0.5, 0.75, 1].filter((each) => each > from)) {
        now = begun + (part - from) * length;
        told.push({ said: pace.at(now, part).left, left: end - now });
      }
    };
    if (initial) {
      pace.validation(now);
      quarters(validation, 0);
    }
    for (let epoch = first; epoch < 6; epoch++) {
      const from = epoch === first ? done : 0;
      pace.training(now, epoch, from);
      quarters(training, from);
      pace.validation(now);
      quarters(validation, 0);
    }
    return told;
  }

  test('the time left is right from the first training step on, where validation was seen before it', () => {
    const all = passed(0, 0);
    expect(all.slice(0, 4).map(({ said }) => said)).toEqual([null, null, null, null]);
    for (const { said, left } of all.slice(4)) expect(said).toBeCloseTo(left, 6);
  });

  test.each([
    [2, 0],
    [3, 0.5],
  ])('gone on with in epoch %i, of which %f was done, it is right once validation was seen', (first, done) => {
    const all = passed(first, done);
    const passes = done === 0 ? 4 : 2;
    // Until then it lacks the validations.
    for (const { said, left } of all.slice(0, passes)) expect(said).toBeCloseTo(left - (6 - first) * validation, 6);
    for (const { said, left } of all.slice(passes + 4)) expect(said).toBeCloseTo(left, 6);
  });
});

test('where the data have no length, whole epochs are counted', () => {
  const pace = new Pace(3);
  pace.training(0, 0, 0);
  expect(pace.at(5000, null)).toEqual({ epochs: 0, part: 0, left: null });
  pace.training(8000, 1, 0);
  expect(pace.at(9000, null)).toEqual({ epochs: 1, part: 1 / 3, left: 15_000 });
  // It is late: what is left of this epoch is nothing that can be told.
  expect(pace.at(30_000, null).left).toBe(0);
});

test('an epoch counts as done when it has been validated', () => {
  const pace = new Pace(2);
  pace.validation(0);
  expect(pace.at(10, 0.5)).toMatchObject({ epochs: 0, part: 0 });
  pace.training(20, 0, 0);
  expect(pace.at(30, 0.5)).toMatchObject({ epochs: 0, part: 0.25 });
  pace.validation(40);
  expect(pace.at(50, 0.5)).toMatchObject({ epochs: 0, part: 0.5 });
  pace.training(60, 1, 0);
  expect(pace.at(60, 0)).toMatchObject({ epochs: 1, part: 0.5 });
});
