import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLine, type JsonValue, readJsonLines, writeJsonLines } from '../../src/index.js';
import { refusal } from '../refusal.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: Uint8Array): string => new TextDecoder().decode(content);

describe('a written file of JSON lines', () => {
  it('has a value in each line', () => {
    const values = [{ step: 1, loss: 0.5, tags: ['a', null, true] }, 'é\n', []];
    expect(text(writeJsonLines(values))).toBe('{"step":1,"loss":0.5,"tags":["a",null,true]}\n"é\\n"\n[]\n');
    expect(Buffer.concat(values.map(jsonLine))).toEqual(Buffer.from(writeJsonLines(values)));
  });

  it('has numbers that JSON has not as texts', () => {
    const values = { a: NaN, b: Infinity, c: [-Infinity, -0] };
    expect(text(jsonLine(values))).toBe('{"a":"NaN","b":"Infinity","c":["-Infinity",-0]}\n');
    expect(readJsonLines(jsonLine(values)).values).toEqual([values]);
  });

  it('is what JSON.stringify makes of values that JSON has', () => {
    const value = fc
      .jsonValue({ noUnicodeString: false })
      .filter((json) => !/-?0\b|NaN|Infinity/.test(JSON.stringify(json)));
    fc.assert(
      fc.property(value, (json) => {
        expect(text(jsonLine(json as JsonValue))).toBe(`${JSON.stringify(json)}\n`);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('leaves out what is undefined', () => {
    expect(text(jsonLine({ a: undefined, b: 1 }))).toBe('{"b":1}\n');
  });

  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  it.each<[string, unknown, RegExp]>([
    ['a Date', { at: [new Date(0)] }, /value\.at\[0\] must be JSON.*got a Date/],
    ['a bigint', { n: 1n }, /value\.n must be JSON.*got 1n/],
    ['a function', () => 1, /value must be JSON/],
    ['undefined', undefined, /value must be JSON/],
    ['a hole in a list', [undefined], /value\[0\] must be JSON/],
    ['a typed array', { w: new Float32Array(2) }, /value\.w must be JSON.*Float32Array/],
    ['a Map', new Map(), /value must be JSON.*a Map/],
    ['what holds itself', cycle, /nested at most 256 deep/],
  ])('%s is refused', (_, value, message) => {
    expect(() => jsonLine(value as JsonValue)).toThrow(refusal('INVALID_OPTION', message));
  });
});

describe('a file of JSON lines', () => {
  it('is read with the place of each line', () => {
    const content = bytes('{"a":"é"}\r\n \t[1]\n');
    expect(readJsonLines(content)).toEqual({
      values: [{ a: 'é' }, [1]],
      ends: [12, content.length],
      end: content.length,
      complete: true,
    });
  });

  it('reads back as it was written, to the last bit', () => {
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.double(),
        fc.string({ unit: 'binary' }).filter((word) => !['NaN', 'Infinity', '-Infinity'].includes(word)),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('value'), {
          maxKeys: 3,
          noNullPrototype: true,
        }),
      ),
    }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), (values) => {
        expect(readJsonLines(writeJsonLines(values as JsonValue[])).values).toEqual(values);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it('that was cut anywhere is read up to the last whole line', () => {
    const values = [{ note: 'é' }, 12, { loss: NaN }];
    const whole = writeJsonLines(values);
    const stops = [0, ...readJsonLines(whole).ends];
    for (let length = 0; length <= whole.length; length++) {
      const end = Math.max(...stops.filter((stop) => stop <= length));
      expect(readJsonLines(whole.subarray(0, length))).toEqual({
        values: values.slice(0, stops.indexOf(end)),
        ends: stops.filter((stop) => stop > 0 && stop <= end),
        end,
        complete: end === length,
      });
    }
  });

  it.each<[string, Uint8Array, number]>([
    ['a line that is no JSON', bytes('1\n{"a":\n2\n'), 2],
    ['a value on two lines', bytes('{\n}\n'), 0],
    ['an empty line', bytes('1\n\n2\n'), 2],
    ['a bare NaN, as Python writes it', bytes('{"a": NaN}\n'), 0],
    ['what is no UTF-8', Uint8Array.of(34, 255, 34, 10), 0],
    ['lists too deep for the parser', bytes(`1\n${'['.repeat(1e5)}${']'.repeat(1e5)}\n`), 2],
  ])('with %s is refused, and says where', (_, content, offset) => {
    expect(() => readJsonLines(content)).toThrow(expect.objectContaining({ code: 'FILE_FORMAT', offset }));
  });
});
