import { PbfReader } from 'pbf';

/** A field of a message: a number (varint or fixed), or the bytes of a string, a message or a packed list. */
export interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/** Wire types of protocol buffers. */
const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * The fields of one message, in their order. Bytes are views, not copies. Never reads, nor allocates for, more than is there.
 * @throws RangeError where the bytes end early, or are no message.
 */
function readFields(bytes: Uint8Array): readonly Field[] {
  const pbf = new PbfReader(bytes);
  const fields: Field[] = [];
  while (pbf.pos < pbf.length) {
    const tag = pbf.readVarint();
    const number = Math.floor(tag / 8);
    const value = readValue(pbf, tag % 8);
    if (pbf.pos > pbf.length || number === 0) throw new RangeError('a message that ends early or is damaged');
    fields.push({ number, value });
  }
  return fields;
}

function readValue(pbf: PbfReader, type: number): number | Uint8Array {
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

/** The numbers of a packed list of varints. */
function readVarints(bytes: Uint8Array): number[] {
  const pbf = new PbfReader(bytes);
  const values: number[] = [];
  while (pbf.pos < pbf.length) values.push(pbf.readVarint(true));
  if (pbf.pos > pbf.length) throw new RangeError('a list that ends early');
  return values;
}

/** A message's fields by their numbers, repeated ones in a list. */
export class Message {
  readonly #fields = new Map<number, (number | Uint8Array)[]>();

  constructor(bytes: Uint8Array) {
    for (const { number, value } of readFields(bytes)) {
      const list = this.#fields.get(number);
      if (list) list.push(value);
      else this.#fields.set(number, [value]);
    }
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  number(field: number, fallback = 0): number {
    const value = this.#fields.get(field)?.at(-1) ?? fallback;
    if (typeof value !== 'number') throw new RangeError(`a number expected in field ${field}`);
    return value;
  }

  bytes(field: number): readonly Uint8Array[] {
    return (this.#fields.get(field) ?? []).map((value) => {
      if (typeof value === 'number') throw new RangeError(`bytes expected in field ${field}`);
      return value;
    });
  }

  texts(field: number): readonly string[] {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return this.bytes(field).map((bytes) => decoder.decode(bytes));
  }

  text(field: number): string {
    return this.texts(field).at(-1) ?? '';
  }

  messages(field: number): readonly Message[] {
    return this.bytes(field).map((bytes) => new Message(bytes));
  }

  message(field: number): Message | undefined {
    return this.messages(field).at(-1);
  }

  /** A repeated integer, packed or not. */
  integers(field: number): number[] {
    return (this.#fields.get(field) ?? []).flatMap((value) =>
      typeof value === 'number' ? [value] : readVarints(value),
    );
  }

  /** A repeated float or double, packed or not. */
  floats(field: number, width: 4 | 8): number[] {
    return (this.#fields.get(field) ?? []).flatMap((value) => {
      if (typeof value === 'number') return [value];
      if (value.byteLength % width !== 0) throw new RangeError('a list of floats that ends early');
      const { buffer } = new Uint8Array(value);
      return Array.from(width === 4 ? new Float32Array(buffer) : new Float64Array(buffer));
    });
  }
}
