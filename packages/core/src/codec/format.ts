/**
 * The wire format: MessagePack without extensions, of which one form is allowed for each value.
 *
 * - Null, booleans, strings, `Uint8Array` (as bin) and arrays are written as such, with the shortest header.
 * - Numbers: whole ones of 32 bits in the shortest integer form, every other as a float 64; −0 and NaN are tagged.
 * - Objects: maps with string keys in ascending order of their UTF-16 code units (as RFC 8785 sorts them).
 * - All else is tagged: a map of one entry, whose key is one of these numbers and whose value is the content.
 *
 * docs/formats.md has the same for people. A change here changes every fingerprint.
 */
export const tag = {
  /** Null. */
  undefined: 0,
  /** A string of hexadecimal digits, after `-` where negative. */
  bigint: 1,
  /** Milliseconds since 1970; null for an invalid date. */
  date: 2,
  /** The bytes. */
  arrayBuffer: 3,
  /** An array: key, value, key, value, in the order of insertion. */
  map: 4,
  /** An array of the members, in the order of insertion. */
  set: 5,
  /** A string that UTF-8 readers don't keep (`irregular`): the bytes of its UTF-16 code units, big-endian. */
  utf16: 6,
  /** `'-0'` or `'NaN'`. */
  number: 7,
  /** Typed arrays: the bytes of the elements, little-endian. */
  int8: 16,
  int16: 17,
  uint16: 18,
  int32: 19,
  uint32: 20,
  float32: 21,
  float64: 22,
  int64: 23,
  uint64: 24,
} as const;

/** Strings with a lone surrogate, which UTF-8 can't hold, or a byte order mark in front, which readers drop. */
export const irregular: RegExp = /^\uFEFF|\p{Surrogate}/u;

/** Deeper nesting is refused, when written and when read: no input can exhaust the stack. */
export const maxDepth = 256;

/** What MessagePack holds of a value. Objects and tags are Maps: those keep their order, and no key is special in them. */
export type Tree = null | boolean | number | string | Uint8Array | readonly Tree[] | ReadonlyMap<Tree, Tree>;
