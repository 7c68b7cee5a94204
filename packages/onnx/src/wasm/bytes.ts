/** Pieces of WebAssembly's binary format (https://webassembly.github.io/spec/core/binary/), as arrays of bytes. */

/** An unsigned number in LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** A vector: the number of its items, then the items. */
export function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

/** A text as the format has names. */
export function text(value: string): number[] {
  return vector([...new TextEncoder().encode(value)].map((byte) => [byte]));
}

/** A section: its number, its length, its content. */
export function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

export const type = { i32: 0x7f, f32: 0x7d, v128: 0x7b, func: 0x60 } as const;

/** The instructions that an elementwise kernel is made of. */
export const instruction = {
  localGet: (index: number): number[] => [0x20, ...unsigned(index)],
  localSet: (index: number): number[] => [0x21, ...unsigned(index)],
  localTee: (index: number): number[] => [0x22, ...unsigned(index)],
  /** Only for constants below 64, which take one byte as a signed number. */
  smallConst: (value: number): number[] => [0x41, value],
  i32Add: [0x6a],
  i32LessUnsigned: [0x49],
  loop: [0x03, 0x40],
  branchIf: (depth: number): number[] => [0x0d, ...unsigned(depth)],
  end: [0x0b],
  /** Reads four floats at the address on the stack plus an offset. */
  load: (offset: number): number[] => [0xfd, 0x00, 4, ...unsigned(offset)],
  store: (offset: number): number[] => [0xfd, 0x0b, 4, ...unsigned(offset)],
  constant: (value: number): number[] => {
    const lane = new Uint8Array(Float32Array.of(value).buffer);
    return [0xfd, 0x0c, ...lane, ...lane, ...lane, ...lane];
  },
  splat: [0xfd, 0x13],
  lessThan: [0xfd, 0x43],
  andNot: [0xfd, 0x4f],
  abs: [0xfd, 0xe0, 0x01],
  sqrt: [0xfd, 0xe3, 0x01],
  add: [0xfd, 0xe4, 0x01],
  sub: [0xfd, 0xe5, 0x01],
  mul: [0xfd, 0xe6, 0x01],
  div: [0xfd, 0xe7, 0x01],
  max: [0xfd, 0xe9, 0x01],
} as const;
