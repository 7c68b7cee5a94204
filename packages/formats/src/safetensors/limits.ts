/** A file begins with the length of its header, in eight bytes. */
export const lengthBytes = 8;

/** The longest header that the format allows, in bytes. */
export const longestHeader = 100_000_000;
