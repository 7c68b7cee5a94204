/**
 * The wire format: MessagePack, of which one form is allowed for each value.
 *
 * - Whole numbers up to 2^53 − 1 in size, except −0: the shortest integer form. Every other number: float 64; NaN as 7ff8000000000000.
 * - Strings: UTF-8, shortest header. Objects: maps with string keys in ascending order of their UTF-16 code units (as RFC 8785 sorts them).
 * - `Uint8Array`: bin, shortest header. Arrays: shortest header.
 * - All else is an extension, always with the header of `ext 32`.
 *
 * docs/formats.md has the same for people. A change here changes every fingerprint.
 */
export const ext = {
  /** No content. */
  undefined: 0,
  /** Hexadecimal digits, after `-` where negative. */
  bigint: 1,
  /** Milliseconds since 1970 as a big-endian float 64; NaN for an invalid date. */
  date: 2,
  /** The bytes. */
  arrayBuffer: 3,
  /** Key, value, key, value, in the order of insertion. */
  map: 4,
  /** The members, in the order of insertion. */
  set: 5,
  /** A string with a lone surrogate, which UTF-8 can't hold: its UTF-16 code units, big-endian. */
  utf16: 6,
  /** Typed arrays: the elements, little-endian. */
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

/** Deeper nesting is refused, when written and when read: no input can exhaust the stack. */
export const maxDepth = 256;
