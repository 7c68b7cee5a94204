import { arrays } from 'reprise';

/** Samples that are the same in every process, and cost next to nothing to make. */
export function samples(count, inputs, classes) {
  const input = new Float32Array(count * inputs);
  for (let i = 0; i < input.length; i++) input[i] = ((i * 2_654_435_761) % 1_000) / 1_000;
  const target = new Uint8Array(count);
  for (let i = 0; i < count; i++) target[i] = i % classes;
  return arrays({ input: { data: input, shape: [inputs] }, target });
}
