import { adam } from 'reprise';
import { ruleOf } from '../../packages/onnx/src/optimizers/rules.js';
import { compileKernel } from '../../packages/onnx/src/wasm/kernel.js';
import { atMost, type Figure, number } from '../harness/figures.js';
import { inTurn, median, medianRatio } from '../harness/turns.js';

const size = 20_000_000;
const lr = 1e-3;

/** An Adam step on 20 million parameters: the engine's update beside a loop that anyone would write. */
export async function updateFigures(rounds: number): Promise<Figure[]> {
  const rule = ruleOf(adam({ lr }));
  const kernel = compileKernel(rule.formula, rule.slots.length + 2, rule.scalars(lr, 1).length);
  const arrays = (): [Float32Array, Float32Array, Float32Array, Float32Array] => [
    new Float32Array(size).fill(0.01),
    new Float32Array(size).fill(0.5),
    new Float32Array(size),
    new Float32Array(size),
  ];
  const ours = arrays();
  const plain = arrays();
  const steps = { ours: 0, plain: 0 };
  const times = await inTurn(
    {
      ours: { turn: () => timed(() => kernel.run(ours, ours.slice(1), rule.scalars(lr, ++steps.ours))) },
      plain: { turn: () => timed(() => plainAdam(...plain, ++steps.plain)) },
    },
    rounds,
  );
  const gap = Math.abs(ours[1][size - 1]! - plain[1][size - 1]!);
  if (gap > 1e-5) throw new Error(`The two updates part: by ${gap} after ${steps.plain} steps.`);
  const note = `${number(median(times.ours))} and ${number(median(times.plain))} ms, one thread`;
  return [atMost(1.2, 'Adam on 20 M parameters, engine / plain loop', medianRatio(times.ours, times.plain), note)];
}

function timed(work: () => void): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

/** The corrections of the bias are drawn out of the loop: with them inside, it takes three times as long. */
function plainAdam(g: Float32Array, p: Float32Array, m: Float32Array, v: Float32Array, step: number): void {
  const root = Math.sqrt(1 - 0.999 ** step);
  const rate = (lr * root) / (1 - 0.9 ** step);
  const epsilon = 1e-8 * root;
  for (let i = 0; i < p.length; i++) {
    const gradient = g[i]!;
    const mean = 0.9 * m[i]! + 0.1 * gradient;
    const square = 0.999 * v[i]! + 0.001 * gradient * gradient;
    m[i] = mean;
    v[i] = square;
    p[i]! -= (rate * mean) / (Math.sqrt(square) + epsilon);
  }
}
