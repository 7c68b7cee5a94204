import { expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from '../../src/tensorboard/crc32c.js';

it('the CRC-32C of published examples', () => {
  // The check value of the catalogue of parametrised CRC algorithms, then RFC 3720, appendix B.4.
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c);
  expect(crc32c(new Uint8Array())).toBe(0);
});

it('is masked as TensorFlow masks it', () => {
  // crc = 0: nothing to rotate, the constant alone.
  expect(maskedCrc32c(new Uint8Array())).toBe(0xa282ead8);
  // The first eight bytes of a record of 24 bytes and their checksum, as TensorBoard wrote them.
  expect(maskedCrc32c(Uint8Array.of(24, 0, 0, 0, 0, 0, 0, 0))).toBe(0x224b7fa3);
});
