import type { Appended } from '../appended.js';
import { FormatError } from '../format-error.js';
import { maskedCrc32c } from './crc32c.js';

/** Before a record's bytes: their length in eight bytes, and the masked CRC of those. */
const before = 12;
/** Behind them: their masked CRC. */
const behind = 4;

/** Bytes as a record of a TFRecord file, with its length and checksums. */
export function frame(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(before + data.byteLength + behind);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.byteLength), true);
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true);
  bytes.set(data, before);
  view.setUint32(before + data.byteLength, maskedCrc32c(data), true);
  return bytes;
}

export interface Records extends Appended {
  /** The bytes of each record, without a copy. */
  readonly records: readonly Uint8Array[];
}

/**
 * The records of a TFRecord file, up to one that was cut short.
 * @throws FormatError where a checksum differs, which a file that was only cut short can't have
 */
export function readRecords(bytes: Uint8Array): Records {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Uint8Array[] = [];
  const ends: number[] = [];
  let end = 0;
  while (end + before <= bytes.byteLength) {
    const check = (data: Uint8Array, at: number, what: string): void => {
      if (view.getUint32(at, true) === maskedCrc32c(data)) return;
      throw new FormatError('TensorBoard event file', `the checksum of ${what} differs from the file's`, {
        offset: end,
      });
    };
    check(bytes.subarray(end, end + 8), end + 8, "a record's length");
    const length = view.getBigUint64(end, true);
    if (length > BigInt(bytes.byteLength - end - before - behind)) break;
    const data = bytes.subarray(end + before, end + before + Number(length));
    check(data, end + before + data.byteLength, 'a record');
    records.push(data);
    end += before + data.byteLength + behind;
    ends.push(end);
  }
  return { records, ends, end, complete: end === bytes.byteLength };
}
