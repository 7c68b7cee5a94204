import { arrays, type Dataset, type Host, type Plotter, stream } from '@reprise/core';

/** A machine that prints nothing. */
export const quietHost: Host = {
  output: { write: () => undefined, isTerminal: false, columns: 80 },
  now: () => Date.now(),
  elapsed: () => performance.now(),
  provenance: { host: 'test' },
  availableThreads: 1,
  // Shorter than it is told: who waits for a lease here waits for a process that was killed.
  sleep: (ms) => new Promise((done) => setTimeout(done, Math.min(ms, 20))),
  writeFile: async () => undefined,
};

export const noPlotter: Plotter = { metrics: async () => ({ lines: [], svg: '' }) };

/** Wide enough that each tensor of the toy net is a blob of its own. */
export const width = 4100;

/** Samples of a linear function, made from the seed. */
export function samples(count: number, seed: number): Dataset {
  const input = new Float32Array(count * width);
  stream(seed, 'test/samples').fillUniform(input, -0.01, 0.01);
  const target = Float32Array.from({ length: count }, (_, i) => 100 * (input[i * width] as number));
  return arrays({ input: { data: input, shape: [width] }, target: { data: target, shape: [1] } });
}
