import { PbfReader } from 'pbf';
import { decodeUtf8 } from '../text.js';

/** A field's value: a number, or the bytes of a text, a message or a packed list. */
type Value = number | Uint8Array;

/** Wire types of protocol buffers. */
const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A message of protocol buffers: its fields by their numbers. Never reads, nor allocates for, more than is there. */
export class Message {
  readonly #fields = new Map<number, Value[]>();

  /** @throws Error where the bytes end early, or are no message */
  constructor(bytes: Uint8Array) {
    const pbf = new PbfReader(bytes);
    while (pbf.pos < pbf.length) {
      const tag = pbf.readVarint();
      const number = Math.floor(tag / 8);
      const value = readValue(pbf, tag % 8);
      if (pbf.pos > pbf.length || number === 0) throw new RangeError('a message that ends early or is damaged');
      const values = this.#fields.get(number);
      if (values) values.push(value);
      else this.#fields.set(number, [value]);
    }
  }

  /** The last value of a number, as the specification says; `undefined` where there is none. */
  number(field: number): number | undefined {
    const value = this.#fields.get(field)?.at(-1);
    if (value instanceof Uint8Array) throw new TypeError(`bytes in field ${field}, where a number belongs`);
    return value;
  }

  bytes(field: number): readonly Uint8Array[] {
    return (this.#fields.get(field) ?? []).map((value) => {
      if (typeof value === 'number') throw new TypeError(`a number in field ${field}, where bytes belong`);
      return value;
    });
  }

  text(field: number): string | undefined {
    const bytes = this.bytes(field).at(-1);
    return bytes && decodeUtf8(bytes);
  }

  messages(field: number): readonly Message[] {
    return this.bytes(field).map((bytes) => new Message(bytes));
  }

  /** A list of floats, packed or not. */
  floats(field: number): readonly number[] {
    return (this.#fields.get(field) ?? []).flatMap((value) => (typeof value === 'number' ? [value] : floatsOf(value)));
  }
}

function readValue(pbf: PbfReader, type: number): Value {
  switch (type) {
    case wire.varint:
      return pbf.readVarint(true);
    case wire.fixed32:
      return pbf.readFloat();
    case wire.fixed64:
      return pbf.readDouble();
    case wire.bytes: {
      const length = pbf.readVarint();
      const from = pbf.pos;
      if (!(length >= 0 && length <= pbf.length - from))
        throw new RangeError('a field that is longer than its message');
      pbf.pos = from + length;
      return pbf.buf.subarray(from, pbf.pos);
    }
    default:
      throw new RangeError(`the unknown wire type ${type}`);
  }
}

/** Floats of four bytes each, one after the other. */
export function floatsOf(bytes: Uint8Array): readonly number[] {
  if (bytes.byteLength % 4 !== 0) throw new RangeError('a list of floats that ends early');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
