// What Python 3.11 prints for the same format and number; the expected texts were written by it.
import { describe, expect, test } from 'vitest';
import { formatted, parseFormat } from '../../../src/callbacks/checkpoint/format-spec.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const cases: readonly (readonly [spec: string, value: number, text: string])[] = [
  // whole numbers
  ['02d', 2, '02'],
  ['03d', 5, '005'],
  ['d', -3, '-3'],
  ['+d', 3, '+3'],
  [' d', 3, ' 3'],
  ['05d', -3, '-0003'],
  ['<5d', 7, '7    '],
  ['^6d', 12, '  12  '],
  ['^5d', 12, ' 12  '],
  ['*>6d', 12, '****12'],
  ['=6d', -12, '-   12'],
  ['x=6d', -12, '-xxx12'],
  ['<05d', 7, '70000'],
  ['d', 123456789, '123456789'],
  ['', 12, '12'],
  ['4', 12, '  12'],
  ['04', -1, '-001'],
  // fixed
  ['.2f', 0.123456, '0.12'],
  ['8.3f', 3.25125, '   3.251'],
  ['08.3f', -3.25125, '-003.251'],
  ['+.1f', 2, '+2.0'],
  ['f', 1 / 3, '0.333333'],
  ['.2f', 2.675, '2.67'],
  ['.2f', 1.005, '1.00'],
  ['.2f', -0.001, '-0.00'],
  ['.2f', -0, '-0.00'],
  ['.2f', 1e21, '1000000000000000000000.00'],
  ['.0f', 1e22, '10000000000000000000000'],
  ['.30f', 0.1, '0.100000000000000005551115123126'],
  // a value in the middle of two goes to the even one
  ['.0f', 0.5, '0'],
  ['.0f', 1.5, '2'],
  ['.0f', 2.5, '2'],
  ['.2f', 0.125, '0.12'],
  ['.2f', 0.375, '0.38'],
  ['.1f', 0.25, '0.2'],
  ['.1f', -0.25, '-0.2'],
  ['.0e', 2.5, '2e+00'],
  ['.0e', 3.5, '4e+00'],
  ['.2g', 0.125, '0.12'],
  ['.1g', 2.5, '2'],
  ['.0%', 0.125, '12%'],
  ['.0%', 0.135, '14%'],
  // with an exponent
  ['e', 12345.678, '1.234568e+04'],
  ['.2e', 0.00012345, '1.23e-04'],
  ['.1E', 1e-10, '1.0E-10'],
  ['.2e', 9.999e99, '1.00e+100'],
  ['.3e', 0, '0.000e+00'],
  // general
  ['g', 0.0001, '0.0001'],
  ['g', 0.00001, '1e-05'],
  ['g', 100000, '100000'],
  ['g', 1000000, '1e+06'],
  ['.3g', 1234.5, '1.23e+03'],
  ['.3g', 100, '100'],
  ['g', 0, '0'],
  ['.4G', 1e-7, '1E-07'],
  // percent
  ['%', 0.123, '12.300000%'],
  ['.1%', 0.125, '12.5%'],
  // without a type
  ['', 0.1, '0.1'],
  ['', 1e-5, '1e-05'],
  ['', 0.0001, '0.0001'],
  ['', 1.5e16, '1.5e+16'],
  ['', -2.5, '-2.5'],
  ['.3', 0.12345, '0.123'],
  ['.3', 100.5, '1e+02'],
  ['.3', 10.5, '10.5'],
  ['.3', 10, '10.0'],
  ['.2', 5e-5, '5e-05'],
  // no numbers
  ['.2f', nan, 'nan'],
  ['.2F', nan, 'NAN'],
  ['06.1f', inf, '000inf'],
  ['.2f', -inf, '-inf'],
  ['G', inf, 'INF'],
  ['%', inf, 'inf%'],
  ['+f', nan, '+nan'],
  ['>6', nan, '   nan'],
];

describe('a number', () => {
  test.each(cases)('in the format %j: %d is %j', (spec, value, text) => {
    expect(formatted(parseFormat(spec)!, value)).toBe(text);
  });

  test('that is no whole one has no format of whole numbers', () => {
    for (const value of [0.5, nan, inf]) expect(formatted(parseFormat('d')!, value)).toBe(null);
  });

  test('that is whole is written as one where no type is given, which Python does for its own whole numbers only', () => {
    expect(formatted(parseFormat('')!, 3)).toBe('3');
  });
});

test.each([
  '2',
  'x>4',
  '  >4',
  '.2q',
  'x',
  '.f',
  '5.',
  '.2d',
  '<<<5',
  ',',
  '_',
  '#x',
  'b',
  'z.1f',
  'n',
  '101',
  '.101f',
])('%j is taken for what it is, or refused: what is not known here is none', (spec) => {
  const known = ['2', 'x>4'];
  expect(parseFormat(spec) !== null).toBe(known.includes(spec));
});
