import { Buffer } from 'node:buffer';
import { RepriseError } from '@reprise/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeEventFile,
  eventFileStart,
  eventRecord,
  FormatError,
  readEvents,
  type ScalarEvent,
} from '../../src/index.js';
import { refusal } from '../refusal.js';
import { frame } from '../../src/tensorboard/record.js';

/** Three records that tensorboard 2.21.0 of Python wrote with its RecordWriter, each as its length, checksum, event and checksum. */
const theirs = [
  // Event(wall_time=1700000000.5, file_version='brain.Event:2')
  '1800000000000000 a37f4b22 0900002040fc54d9411a0d627261696e2e4576656e743a32 2b353110',
  // Event(wall_time=1700000001.25, step=3, summary: loss/train 0.5, acc NaN)
  '2c00000000000000 f4aecc45 0900005040fc54d94110032a1f0a110a0a6c6f73732f747261696e150000003f0a0a0a03616363150000c07f f6e3c105',
  // Event(wall_time=1700000002, step=0, summary: lr 0)
  '1600000000000000 4f61be28 0900008040fc54d9412a0b0a090a026c721500000000 594733ed',
].map((hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const file = Buffer.concat(theirs);
const [start, first, second] = theirs.map((record) => record.length) as [number, number, number];
const events: readonly ScalarEvent[] = [
  {
    wallTime: 1700000001.25,
    step: 3,
    scalars: new Map([
      ['loss/train', 0.5],
      ['acc', NaN],
    ]),
  },
  { wallTime: 1700000002, step: 0, scalars: new Map([['lr', 0]]) },
];

describe('an event file', () => {
  it('has the bytes that TensorBoard writes for the same events, whole or record by record', () => {
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    expect(hex(encodeEventFile(1700000000.5, events))).toBe(file.toString('hex'));
    expect([eventFileStart(1700000000.5), ...events.map(eventRecord)].map(hex)).toEqual(theirs.map(hex));
  });

  it('of TensorBoard is read, with the place of each record', () => {
    expect(readEvents(file)).toEqual({
      events,
      begin: start,
      ends: [start + first, start + first + second],
      end: file.length,
      complete: true,
    });
  });

  it('that was cut anywhere is read up to the last whole record', () => {
    const ends = [0, start, start + first, file.length];
    for (let length = 0; length <= file.length; length++) {
      const end = Math.max(...ends.filter((each) => each <= length));
      const read = readEvents(file.subarray(0, length));
      expect([read.end, read.complete, read.events.length]).toEqual([
        end,
        end === length,
        Math.max(0, ends.indexOf(end) - 1),
      ]);
    }
  });

  it('with any other byte anywhere is refused, and says where the record begins', () => {
    const begins = [0, start, start + first];
    for (let at = 0; at < file.length; at++) {
      const damaged = Buffer.from(file);
      damaged[at]! ^= 0x10;
      const offset = begins.findLast((begin) => begin <= at);
      expect(() => readEvents(damaged)).toThrow(expect.objectContaining({ code: 'FILE_FORMAT', offset }));
    }
  });

  it('may have scalars as tensors, and what is passed over', () => {
    // Summary values: tag 't' with a tensor of float_val [0.25]; tag 'u' with tensor_content of 0.5; 'v' with two elements; 'w' with a histogram.
    const summary = [
      '0a0d 0a0174 4208 08012a04 0000803e',
      '0a0d 0a0175 4208 08012204 0000003f',
      '0a11 0a0176 420c 08012208 0000003f0000003f',
      '0a05 0a0177 2a00',
    ];
    const bytes = Buffer.from(summary.join('').replaceAll(' ', ''), 'hex');
    const event = Buffer.concat([
      Buffer.from('09000000000000f03f1007 2a'.replace(' ', ''), 'hex'),
      Buffer.of(bytes.length),
      bytes,
    ]);
    const graph = Buffer.from('2204deadbeef', 'hex');
    const read = readEvents(Buffer.concat([eventFileStart(1), frame(event), frame(graph)]));
    expect(read.events).toEqual([
      {
        wallTime: 1,
        step: 7,
        scalars: new Map([
          ['t', 0.25],
          ['u', 0.5],
        ]),
      },
      { wallTime: 0, step: 0, scalars: new Map() },
    ]);
  });

  it('keeps steps and times to the last bit, and values as float32', () => {
    const event = fc.record({
      wallTime: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1e11 }),
      step: fc.maxSafeInteger(),
      scalars: fc
        .array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 10 }), fc.float()))
        .map((scalars) => new Map(scalars)),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), (written) => {
        expect(readEvents(encodeEventFile(0, written)).events).toEqual(written);
      }),
      { seed: 1, numRuns: 300 },
    );
    const third = encodeEventFile(0, [{ wallTime: 0, step: 1, scalars: new Map([['x', 1 / 3]]) }]);
    expect(readEvents(third).events[0]?.scalars.get('x')).toBe(Math.fround(1 / 3));
  });
});

describe('what is no event file is refused:', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['zeros', new Uint8Array(64), /checksum of a record's length/],
    ['text', new TextEncoder().encode('step,loss\n1,0.5\n2,0.25\n'), /checksum/],
    ['records of another kind', frame(Uint8Array.of(10, 0)), /no version in its first record/],
    ['events of version 1', frame(Buffer.from('1a0d627261696e2e4576656e743a31', 'hex')), /version "brain\.Event:1"/],
    ['a record that is no message', Buffer.concat([eventFileStart(0), frame(Uint8Array.of(255))]), /at byte 40/],
    [
      'a field longer than its message',
      Buffer.concat([eventFileStart(0), frame(Uint8Array.of(42, 255, 255, 255, 127))]),
      /longer than its message/,
    ],
    [
      'a summary that is a number',
      Buffer.concat([eventFileStart(0), frame(Uint8Array.of(40, 1))]),
      /number in field 5/,
    ],
    [
      'a tag that is no UTF-8',
      Buffer.concat([eventFileStart(0), frame(Buffer.from('2a0a0a080a01ff1500000000', 'hex'))]),
      /encoded data/,
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => readEvents(bytes)).toThrow(refusal('FILE_FORMAT', message));
  });

  it('any message in a record with right checksums, unless it is an event', () => {
    const random = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(fc.nat(200), fc.nat(255)).map(([at, value]) => {
        const bytes = Uint8Array.from(theirs[1]!.subarray(12, -4));
        bytes[at % bytes.length] = value;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(random, (bytes) => {
        try {
          expect(readEvents(Buffer.concat([eventFileStart(0), frame(bytes)])).events.length).toBe(1);
        } catch (error) {
          if (!(error instanceof RepriseError)) throw error;
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { seed: 1, numRuns: 3000 },
    );
  });
});

describe('what has no place in an event file is refused:', () => {
  const event = { wallTime: 0, step: 0, scalars: new Map() };
  it.each<[string, () => unknown]>([
    ['a step between whole numbers', () => eventRecord({ ...event, step: 0.5 })],
    ['a time that is no number', () => eventRecord({ ...event, wallTime: NaN })],
    ['a time at the beginning that is no number', () => eventFileStart(Infinity)],
    ['a value that is no number', () => eventRecord({ ...event, scalars: new Map([['x', '1' as unknown as number]]) })],
    ['a tag with half a character', () => eventRecord({ ...event, scalars: new Map([['\udc00', 1]]) })],
    ['an object of scalars', () => eventRecord({ ...event, scalars: {} as never })],
  ])('%s', (_, write) => {
    expect(write).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});
