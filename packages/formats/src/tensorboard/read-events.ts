import { fileContent } from '../checks.js';
import type { Appended } from '../appended.js';
import { FormatError } from '../format-error.js';
import { quoted } from '../text.js';
import { type ScalarEvent, fileVersion } from './event.js';
import { floatsOf, Message } from './message.js';
import { readRecords } from './record.js';

/** What an event file holds. */
export interface EventFile extends Appended {
  /** One for each record but the first, which says the version. One that has no scalars has an empty Map. */
  readonly events: readonly ScalarEvent[];
  /** Offset in bytes behind the record that says the version; 0 where not even that is whole. */
  readonly begin: number;
}

/** TensorProto's number of float32. */
const float32 = 1;

/**
 * Reads the scalars of a TensorBoard event file: `simple_value`, and tensors of one float32, as TensorFlow 2 and TensorBoard's own writer have
 * them. What else a file holds (graphs, pictures, histograms, hparams) is passed over. A tag that an event has twice counts with its last
 * value. Every checksum is verified. A record that was cut short at the end is reported, as `complete: false`.
 * @throws FormatError `FILE_FORMAT` where a checksum differs, or what it protects is no event; its `offset` is where the record begins
 */
export function readEvents(bytes: Uint8Array): EventFile {
  fileContent('readEvents()', bytes);
  const { records, ends, end, complete } = readRecords(bytes);
  const begins = [0, ...ends];
  const events = records.map((record, index) => {
    try {
      return index === 0 ? checkVersion(new Message(record)) : eventOf(new Message(record));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new FormatError('TensorBoard event file', `found ${why}`, { cause, offset: begins[index] as number });
    }
  });
  return {
    events: events.filter((event) => event !== null),
    begin: ends[0] ?? 0,
    ends: ends.slice(1),
    end,
    complete,
  };
}

function checkVersion(event: Message): null {
  const version = event.text(3);
  if (version !== fileVersion) {
    const found = version === undefined ? 'no version' : `the version ${quoted(version)}`;
    throw new RangeError(`${found} in its first record, and ${fileVersion} belongs there`);
  }
  return null;
}

function eventOf(event: Message): ScalarEvent {
  const scalars = new Map<string, number>();
  for (const summary of event.messages(5)) {
    for (const value of summary.messages(1)) {
      const scalar = value.number(2) ?? value.messages(8).map(scalarOf).at(-1);
      if (scalar !== undefined) scalars.set(value.text(1) ?? '', scalar);
    }
  }
  return { wallTime: event.number(1) ?? 0, step: event.number(2) ?? 0, scalars };
}

/** The one element of a tensor of float32; undefined for any other tensor. */
function scalarOf(tensor: Message): number | undefined {
  if (tensor.number(1) !== float32) return undefined;
  const elements = [...tensor.floats(5), ...tensor.bytes(4).flatMap(floatsOf)];
  return elements.length === 1 ? elements[0] : undefined;
}
