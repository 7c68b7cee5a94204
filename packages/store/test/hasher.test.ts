import { InstallError } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { createHasher } from '../src/index.js';

/** From BLAKE3's official test vectors: the input of length n repeats the bytes 0, 1, …, 250. */
const vectors = [
  [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
  [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
  [1024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
] as const;

function input(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => i % 251);
}

describe('the hasher', () => {
  it.each(vectors)('equals BLAKE3’s published value for %i bytes', (length, hex) => {
    expect(createHasher().digest(input(length))).toBe(`blake3-${hex}`);
  });

  it('makes the same digest of bytes in pieces', () => {
    const hasher = createHasher();
    const bytes = input(100_000);
    const stream = hasher.stream();
    for (let at = 0; at < bytes.length; at += 7777) stream.update(bytes.subarray(at, at + 7777));
    expect(stream.digest()).toBe(hasher.digest(bytes));
  });

  it('hashes a view, not the buffer behind it', () => {
    const hasher = createHasher();
    expect(hasher.digest(input(300).subarray(10, 20))).toBe(hasher.digest(input(300).slice(10, 20)));
    expect(hasher.algorithm).toBe('blake3');
  });

  it('says what to do where its binding is missing', () => {
    const error = new InstallError({ package: 'p', remedy: 'Install it.', cause: new Error('first line\nsecond') });
    expect(error.message).toBe("p can't be loaded on this machine: first line. Install it. [INSTALL]");
  });
});
