import type { Plain } from '../values/plain.js';
import { tensorFromBytes, type DType } from '../values/tensor.js';
import { DecodeError } from './errors.js';
import { ext, maxDepth } from './format.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const dtypes: ReadonlyMap<number, DType> = new Map([
  [ext.int8, 'int8'],
  [ext.int16, 'int16'],
  [ext.uint16, 'uint16'],
  [ext.int32, 'int32'],
  [ext.uint32, 'uint32'],
  [ext.float32, 'float32'],
  [ext.float64, 'float64'],
  [ext.int64, 'int64'],
  [ext.uint64, 'uint64'],
]);

const wholeWidths: ReadonlyMap<DType, number> = new Map([
  ['int8', 1],
  ['int16', 2],
  ['uint16', 2],
  ['int32', 4],
  ['uint32', 4],
  ['float32', 4],
  ['float64', 8],
  ['int64', 8],
  ['uint64', 8],
]);

/**
 * The value that was encoded, deep-equal to it, sharing no memory with the bytes. Keys of objects come in ascending order.
 * Safe on bytes from anywhere: evaluates nothing, sets no prototype, allocates no more than the input calls for.
 * @throws DecodeError for anything that `encode` doesn't write, bytes after the end included.
 */
export function decode(bytes: Uint8Array): Plain {
  return new Decoding(bytes).all();
}

class Decoding {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Reading may not pass it: the end of the extension that is being read, else of the bytes. */
  #end: number;
  #at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
  }

  all(): Plain {
    const value = this.#value();
    if (this.#at !== this.#end) this.#refuse('more follows after the end');
    return value;
  }

  #value(): Plain {
    const tag = this.#bytes[this.#take(1)]!;
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.#fields(tag & 0x0f);
    if (tag < 0xa0) return this.#array(tag & 0x0f);
    if (tag < 0xc0) return this.#string(tag & 0x1f);
    if (tag >= 0xe0) return tag - 0x100;
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#copy(this.#uint(1));
      case 0xc5:
        return this.#copy(this.#uint(2, 0x100));
      case 0xc6:
        return this.#copy(this.#uint(4, 0x10000));
      case 0xc9:
        return this.#ext(this.#uint(4));
      case 0xcb:
        return this.#float64();
      case 0xcc:
        return this.#uint(1, 0x80);
      case 0xcd:
        return this.#uint(2, 0x100);
      case 0xce:
        return this.#uint(4, 0x10000);
      case 0xcf:
        return this.#int64(0x100000000, Number.MAX_SAFE_INTEGER);
      case 0xd0:
        return this.#negative(this.#view.getInt8(this.#take(1)), -0x20);
      case 0xd1:
        return this.#negative(this.#view.getInt16(this.#take(2)), -0x80);
      case 0xd2:
        return this.#negative(this.#view.getInt32(this.#take(4)), -0x8000);
      case 0xd3:
        return this.#int64(Number.MIN_SAFE_INTEGER, -0x80000001);
      case 0xd9:
        return this.#string(this.#uint(1, 32));
      case 0xda:
        return this.#string(this.#uint(2, 0x100));
      case 0xdb:
        return this.#string(this.#uint(4, 0x10000));
      case 0xdc:
        return this.#array(this.#uint(2, 16));
      case 0xdd:
        return this.#array(this.#uint(4, 0x10000));
      case 0xde:
        return this.#fields(this.#uint(2, 16));
      case 0xdf:
        return this.#fields(this.#uint(4, 0x10000));
      default:
        return this.#refuse(`no value begins with 0x${tag.toString(16)}`);
    }
  }

  /** An unsigned number; one that a shorter form holds is refused. */
  #uint(width: 1 | 2 | 4, least = 0): number {
    const at = this.#take(width);
    const value = width === 1 ? this.#bytes[at]! : width === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
    return value >= least ? value : this.#refuse('a number is not in its shortest form');
  }

  #negative(value: number, above: number): number {
    return value < above ? value : this.#refuse('a number is not in its shortest form');
  }

  #int64(least: number, most: number): number {
    const value = Number(this.#view.getBigInt64(this.#take(8)));
    return value >= least && value <= most
      ? value
      : this.#refuse('a whole number is out of range or not in its shortest form');
  }

  #float64(): number {
    const at = this.#take(8);
    const value = this.#view.getFloat64(at);
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.#refuse('a whole number is written as a float');
    if (Number.isNaN(value) && this.#view.getBigUint64(at) !== 0x7ff8000000000000n)
      this.#refuse('a NaN is not in its one form');
    return value;
  }

  #string(length: number): string {
    const start = this.#take(length);
    const bytes = this.#bytes;
    if (length < 16) {
      let text = '';
      for (let i = start; i < start + length; i++) {
        const code = bytes[i]!;
        if (code > 0x7f) return this.#utf8(start, length);
        text += String.fromCharCode(code);
      }
      return text;
    }
    return this.#utf8(start, length);
  }

  #utf8(start: number, length: number): string {
    try {
      return utf8.decode(this.#bytes.subarray(start, start + length));
    } catch {
      return this.#refuse('a string is not UTF-8');
    }
  }

  #array(count: number): Plain[] {
    this.#enter(count);
    const items: Plain[] = [];
    for (let i = 0; i < count; i++) items.push(this.#value());
    this.#depth--;
    return items;
  }

  #fields(count: number): { [key: string]: Plain } {
    this.#enter(2 * count);
    const fields: { [key: string]: Plain } = {};
    let last: string | undefined;
    for (let i = 0; i < count; i++) {
      const key = this.#value();
      if (typeof key !== 'string') return this.#refuse('a key is not a string');
      if (last !== undefined && key <= last) this.#refuse('keys are not in order');
      last = key;
      const value = this.#value();
      // Assigned, this key would set the prototype.
      if (key === '__proto__') {
        Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
      } else fields[key] = value;
    }
    this.#depth--;
    return fields;
  }

  #ext(length: number): Plain {
    const type = this.#bytes[this.#take(1)]!;
    if (length > this.#end - this.#at) this.#refuse('it ends too soon');
    const outer = this.#end;
    this.#end = this.#at + length;
    const value = this.#content(type, length);
    if (this.#at !== this.#end) this.#refuse('an extension is longer than its content');
    this.#end = outer;
    return value;
  }

  #content(type: number, length: number): Plain {
    switch (type) {
      case ext.undefined:
        return undefined;
      case ext.bigint:
        return this.#bigint(this.#utf8(this.#take(length), length));
      case ext.date:
        return this.#date();
      case ext.arrayBuffer:
        return this.#copy(length).buffer;
      case ext.map:
        return this.#map();
      case ext.set:
        return this.#set();
      case ext.utf16:
        return this.#utf16(length);
      default:
        return this.#typedArray(dtypes.get(type) ?? this.#refuse(`there is no extension ${type}`), length);
    }
  }

  #bigint(digits: string): bigint {
    if (!/^(0|-?[1-9a-f][0-9a-f]*)$/.test(digits)) this.#refuse('a bigint has no digits');
    return digits.startsWith('-') ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`);
  }

  #date(): Date {
    const time = this.#view.getFloat64(this.#take(8));
    const date = new Date(time);
    return Object.is(date.getTime(), time) ? date : this.#refuse('a date is out of range');
  }

  #map(): ReadonlyMap<Plain, Plain> {
    this.#enter(0);
    const map = new Map<Plain, Plain>();
    for (let count = 1; this.#at < this.#end; count++) {
      map.set(this.#value(), this.#value());
      if (map.size !== count) this.#refuse('a Map has a key twice');
    }
    this.#depth--;
    return map;
  }

  #set(): ReadonlySet<Plain> {
    this.#enter(0);
    const set = new Set<Plain>();
    for (let count = 1; this.#at < this.#end; count++) {
      if (set.add(this.#value()).size !== count) this.#refuse('a Set has a member twice');
    }
    this.#depth--;
    return set;
  }

  #utf16(length: number): string {
    if (length % 2 !== 0) this.#refuse('a string of two-byte units has an odd length');
    const start = this.#take(length);
    let text = '';
    for (let i = start; i < start + length; i += 2) text += String.fromCharCode(this.#view.getUint16(i));
    return /\p{Surrogate}/u.test(text) ? text : this.#refuse('a string is not in its shortest form');
  }

  #typedArray(dtype: DType, length: number): Plain {
    const width = wholeWidths.get(dtype)!;
    if (length % width !== 0) this.#refuse(`a ${dtype} array ends within an element`);
    return tensorFromBytes(dtype, [length / width], this.#copy(length)).data;
  }

  #copy(length: number): Uint8Array<ArrayBuffer> {
    const start = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  /** Each of `count` values takes a byte at least, so that a false count is found before anything is made for it. */
  #enter(count: number): void {
    if (count > this.#end - this.#at) this.#refuse('it ends too soon');
    if (++this.#depth > maxDepth) this.#refuse(`it is nested more than ${maxDepth} deep`);
  }

  /** The place of the next bytes, which are then behind. */
  #take(count: number): number {
    const start = this.#at;
    if (count > this.#end - start) this.#refuse('it ends too soon');
    this.#at = start + count;
    return start;
  }

  #refuse(problem: string): never {
    throw new DecodeError(problem, this.#at);
  }
}
