import { arrays } from 'reprise';

/** Samples that are the same in every process, and cost next to nothing to make. */
export function samples(count, inputs, classes) {
  const input = Float32Array.from({ length: count * inputs }, (_, i) => ((i * 2_654_435_761) % 1_000) / 1_000);
  const target = Uint8Array.from({ length: count }, (_, i) => i % classes);
  return arrays({ input: { data: input, shape: [inputs] }, target });
}
