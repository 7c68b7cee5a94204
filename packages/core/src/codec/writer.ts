const encoder = new TextEncoder();
const loneSurrogate = /\p{Surrogate}/u;

/** Bytes that grow as they are written, numbers big-endian. */
export class Writer {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Makes room for this many bytes more. */
  #grow(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  uint8(value: number): void {
    this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  /** A tag byte and an unsigned number of 1, 2, 4 or 8 bytes. */
  tagged(tag: number, width: 1 | 2 | 4 | 8, value: number): void {
    this.#grow(1 + width);
    this.#bytes[this.#length++] = tag;
    if (width === 1) this.#bytes[this.#length] = value;
    else if (width === 2) this.#view.setUint16(this.#length, value);
    else if (width === 4) this.#view.setUint32(this.#length, value);
    else this.#view.setBigInt64(this.#length, BigInt(value));
    this.#length += width;
  }

  float64(value: number): void {
    this.#grow(8);
    // The bits that setFloat64 writes for NaN are the platform's choice.
    if (Number.isNaN(value)) this.#view.setBigUint64(this.#length, 0x7ff8000000000000n);
    else this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  bytes(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** UTF-8 after a shortest MessagePack header. False, and nothing is written, where the string has a lone surrogate. */
  string(text: string): boolean {
    const { length } = text;
    this.#grow(5 + 3 * length);
    if (length < 32 && this.#shortAscii(text)) return true;
    if (loneSurrogate.test(text)) return false;
    const body = encoder.encode(text);
    if (body.length < 32) this.uint8(0xa0 | body.length);
    else if (body.length < 0x100) this.tagged(0xd9, 1, body.length);
    else if (body.length < 0x10000) this.tagged(0xda, 2, body.length);
    else this.tagged(0xdb, 4, body.length);
    this.bytes(body);
    return true;
  }

  /** Most strings are keys of a few letters, for which a call to the encoder costs more than the loop. */
  #shortAscii(text: string): boolean {
    const start = this.#length + 1;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      this.#bytes[start + i] = code;
    }
    this.#bytes[this.#length] = 0xa0 | text.length;
    this.#length = start + text.length;
    return true;
  }

  /** Leaves room for the length of what follows; `endExt` fills it in. */
  beginExt(type: number): number {
    this.tagged(0xc9, 4, 0);
    this.uint8(type);
    return this.#length;
  }

  endExt(start: number): void {
    this.#view.setUint32(start - 5, this.#length - start);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}
