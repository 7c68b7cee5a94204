import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvHeader, csvRecord, type CsvRow, growCsv, readCsv, writeCsv } from '../../src/index.js';
import { refusal } from '../refusal.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: Uint8Array): string => new TextDecoder().decode(content);

describe('a written CSV file', () => {
  it('has a record for each row, which begins with the names of the columns', () => {
    const rows = [
      { epoch: 0, step: 10, train_loss: 0.5 },
      { epoch: 0, val_loss: 0.25 },
    ];
    expect(text(writeCsv(rows, ['step', 'epoch', 'train_loss', 'val_loss']))).toBe(
      'step,epoch,train_loss,val_loss\r\n10,0,0.5,\r\n,0,,0.25\r\n',
    );
    expect(text(writeCsv(rows))).toBe('epoch,step,train_loss,val_loss\r\n0,10,0.5,\r\n0,,,0.25\r\n');
  });

  it('is the same when it is written record by record', () => {
    const rows: CsvRow[] = [{ a: 1 }, { b: 'x' }];
    const columns = ['a', 'b'];
    expect(Buffer.concat([csvHeader(columns), ...rows.map((row) => csvRecord(row, columns))])).toEqual(
      Buffer.from(writeCsv(rows)),
    );
  });

  it('quotes as RFC 4180 says', () => {
    // Its rules 6 and 7, on an example of each.
    const row = { a: 'aaa', b: 'b \r\nbb', c: 'c,cc', d: 'd"dd' };
    expect(text(writeCsv([row]))).toBe('a,b,c,d\r\naaa,"b \r\nbb","c,cc","d""dd"\r\n');
  });

  it('has numbers that JSON has not', () => {
    expect(text(csvRecord({ a: NaN, b: Infinity, c: -Infinity, d: -0 }, ['a', 'b', 'c', 'd']))).toBe(
      'NaN,Infinity,-Infinity,-0\r\n',
    );
  });

  it('takes further columns', () => {
    const before = writeCsv([{ step: 1, loss: 0.5, note: '1.50' }]);
    const after = growCsv(before, ['step', 'accuracy', 'loss', 'note']);
    expect(text(after)).toBe('step,accuracy,loss,note\r\n1,,0.5,1.50\r\n');
    expect(growCsv(bytes(`${text(before)}2,0.`), ['step', 'accuracy', 'loss', 'note'])).toEqual(after);
    expect(text(growCsv(new Uint8Array(), ['step']))).toBe('step\r\n');
    expect(() => growCsv(before, ['step', 'loss'])).toThrow(/all columns of the file, "note" too/);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['a row with another column', () => csvRecord({ lr: 1 }, ['step']), /one of the columns step/],
    ['a value that is neither number nor text', () => writeCsv([{ a: true as unknown as string }]), /row\.a/],
    ['a text with half a character', () => writeCsv([{ a: '\ud800' }]), /lone surrogates/],
    ['no column', () => writeCsv([]), /one name at least/],
    ['a column twice', () => csvHeader(['a', 'a']), /names that differ/],
    ['a column without a name', () => csvHeader(['a', '']), /none of them empty/],
  ])('%s is refused', (_, write, message) => {
    expect(write).toThrow(refusal('INVALID_OPTION', message));
  });
});

describe('a CSV file', () => {
  it('is read with the place of each record', () => {
    const content = bytes('step,loss,note\r\n1,0.5,\r\n2,,"a,\r\n""b"""\r\n');
    expect(readCsv(content)).toEqual({
      columns: ['step', 'loss', 'note'],
      rows: [
        { step: 1, loss: 0.5 },
        { step: 2, note: 'a,\r\n"b"' },
      ],
      begin: 16,
      ends: [24, content.length],
      end: content.length,
      complete: true,
    });
  });

  it('of other programs may have LF, a byte order mark, and texts that only look like numbers', () => {
    const { columns, rows } = readCsv(bytes('\ufeffa,b,c,d,e\n007,1e-7,nan,-Infinity,.5\n-0,1E3,+1,NaN,1.\n'));
    expect(columns).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(rows).toEqual([
      { a: '007', b: 1e-7, c: 'nan', d: -Infinity, e: '.5' },
      { a: -0, b: 1000, c: '+1', d: NaN, e: '1.' },
    ]);
  });

  it('reads back as it was written', () => {
    const word = fc
      .string({ unit: 'grapheme', maxLength: 8 })
      .filter((value) => value !== '' && !/^[-\d]/.test(value) && !['NaN', 'Infinity'].includes(value));
    const columns = fc.uniqueArray(fc.oneof(word, fc.constant('__proto__')), { minLength: 1, maxLength: 5 });
    const file = columns.chain((names) => {
      const cell = fc.oneof(fc.double(), fc.maxSafeInteger(), word, fc.constantFrom('"', '\r\n', ',', '""', ' a '));
      const row = fc.array(fc.option(cell), { minLength: names.length, maxLength: names.length });
      return fc.record({ names: fc.constant(names), cells: fc.array(row, { maxLength: 5 }) });
    });
    fc.assert(
      fc.property(file, ({ names, cells }) => {
        const rows = cells.map((row) =>
          Object.fromEntries(
            names.map((name, at) => [name, row[at] ?? null] as const).filter(([, value]) => value !== null),
          ),
        );
        const read = readCsv(writeCsv(rows as CsvRow[], names));
        expect([read.columns, read.rows, read.complete]).toEqual([names, rows, true]);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('that was cut anywhere is read up to the last whole record, and can be gone on with', () => {
    const rows = [
      { step: 1, note: 'é,"\r\n"' },
      { step: 20, note: 'x' },
      { step: 300, note: '😀' },
    ];
    const whole = writeCsv(rows);
    const { begin, ends } = readCsv(whole);
    const stops = [0, begin, ...ends];
    for (let length = 0; length <= whole.length; length++) {
      const { end, complete, rows: read } = readCsv(whole.subarray(0, length));
      expect(end).toBe(Math.max(...stops.filter((stop) => stop <= length)));
      expect(complete).toBe(end === length);
      const count = Math.max(0, stops.indexOf(end) - 1);
      expect(read).toEqual(rows.slice(0, count));
      if (end === 0) continue;
      const rest = rows.slice(count).map((row) => csvRecord(row, ['step', 'note']));
      expect(Buffer.concat([whole.subarray(0, end), ...rest])).toEqual(Buffer.from(whole));
    }
  });

  it('has no line that other readers take for no record', () => {
    const file = writeCsv([{ a: 1 }, {}, { a: 2 }], ['a']);
    expect(text(file)).toBe('a\r\n1\r\n""\r\n2\r\n');
    expect(readCsv(file).rows).toEqual([{ a: 1 }, {}, { a: 2 }]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['records of other lengths', bytes('a,b\n1\n'), /Record Length/],
    ['an empty line', bytes('a,b\n\n1,2\n'), /Record Length/],
    ['text behind a quote', bytes('a\n"x"y\n'), /Quote/],
    ['a quote in a text', bytes('a\nx"y"\n'), /Quote/],
    ['a column twice', bytes('a,a\n1,2\n'), /column "a" twice/],
    ['what is no UTF-8', Uint8Array.of(97, 10, 255, 10), /encoded data/],
  ])('with %s is refused', (_, content, message) => {
    expect(() => readCsv(content)).toThrow(refusal('FILE_FORMAT', message));
  });

  it('of any bytes is read or refused with a typed error', () => {
    const piece = fc.oneof(
      fc.constantFrom('"', ',', '\n', '\r\n', '\r', 'a', '1', '""', '"a"'),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          const { columns, rows } = readCsv(bytes(pieces.join('')));
          for (const row of rows) expect(columns).toEqual(expect.arrayContaining(Object.keys(row)));
        } catch (error) {
          expect(error).toMatchObject({ code: 'FILE_FORMAT' });
        }
      }),
      { seed: 1, numRuns: 5000 },
    );
  });
});
