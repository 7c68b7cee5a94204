import { finiteNumber, refuse } from '@reprise/core';
import { PbfWriter } from 'pbf';
import { concatBytes } from '../bytes.js';
import { map, wellFormed } from '../checks.js';
import { quoted } from '../text.js';
import { type ScalarEvent, fileVersion } from './event.js';
import { frame } from './record.js';

/**
 * The first record of an event file, which says its version. TensorBoard finds files whose names have `tfevents` in them, as
 * `events.out.tfevents.<seconds>.<host>`, and takes each folder for a run.
 * @param wallTime when the file was begun, in seconds since 1970
 * @throws OptionError `INVALID_OPTION`
 */
export function eventFileStart(wallTime: number): Uint8Array {
  finiteNumber('eventFileStart()', 'wallTime', wallTime);
  const pbf = new PbfWriter();
  pbf.writeDoubleField(1, wallTime);
  pbf.writeStringField(3, fileVersion);
  return frame(pbf.finish());
}

/**
 * A record of an event file: values of one step, to be written behind the others. NaN and the infinities are written as such.
 * Field numbers are those of event.proto and summary.proto.
 * @throws OptionError `INVALID_OPTION`
 */
export function eventRecord(event: ScalarEvent): Uint8Array {
  const where = 'eventRecord()';
  const { wallTime, step, scalars } = event;
  finiteNumber(where, 'wallTime', wallTime);
  if (!Number.isSafeInteger(step)) refuse(where, 'step', 'a whole number', step);
  map(where, 'scalars', 'numbers by tag', scalars);
  for (const [tag, value] of scalars) {
    wellFormed(where, 'a tag of scalars', tag);
    if (typeof value !== 'number') refuse(where, `the scalar ${quoted(tag)}`, 'a number', value);
  }
  const pbf = new PbfWriter();
  pbf.writeDoubleField(1, wallTime);
  // As the reference writer does, which leaves out what is 0 anyway.
  if (step !== 0) pbf.writeVarintField(2, step);
  pbf.writeMessage(5, writeSummary, scalars);
  return frame(pbf.finish());
}

/**
 * A whole event file.
 * @param wallTime when it was begun, in seconds since 1970
 * @throws OptionError `INVALID_OPTION`
 */
export function encodeEventFile(wallTime: number, events: Iterable<ScalarEvent>): Uint8Array {
  return concatBytes([eventFileStart(wallTime), ...Array.from(events, eventRecord)]);
}

function writeSummary(scalars: ReadonlyMap<string, number>, pbf: PbfWriter): void {
  for (const scalar of scalars) pbf.writeMessage(1, writeValue, scalar);
}

function writeValue([tag, value]: readonly [string, number], pbf: PbfWriter): void {
  // writeStringField of pbf 5.1 writes other characters for those above U+1FFFF.
  pbf.writeBytesField(1, new TextEncoder().encode(tag));
  pbf.writeFloatField(2, value);
}
