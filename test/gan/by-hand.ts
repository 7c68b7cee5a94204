/** The net of this folder in double precision, by hand: no code of the library's. */

/** Numbers by the names of parameters. */
export type Weights = { readonly [name: string]: readonly number[] };

interface Batch {
  /** Pairs, one after the other. */
  readonly real: readonly number[];
  readonly noise: readonly number[];
}

const tanh = Math.tanh;
const leaky = (x: number): number => (x > 0 ? x : 0.2 * x);
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** y = W x + b, W row by row. */
function linear(weights: Weights, layer: string, x: readonly number[]): number[] {
  const [w, b] = [weights[`${layer}.weight`]!, weights[`${layer}.bias`]!];
  return b.map((bias, i) => x.reduce((sum, value, k) => sum + w[i * x.length + k]! * value, bias));
}

function make(weights: Weights, noise: readonly number[]): number[] {
  return linear(weights, 'generator.b', linear(weights, 'generator.a', noise).map(tanh));
}

function score(weights: Weights, point: readonly number[]): number {
  const first = linear(weights, 'discriminator.a', point).map(leaky);
  const second = linear(weights, 'discriminator.b', first).map(leaky);
  return linear(weights, 'discriminator.c', second)[0]!;
}

const pairs = (values: readonly number[]): (readonly number[])[] =>
  Array.from({ length: values.length / 2 }, (_, i) => values.slice(2 * i, 2 * i + 2));

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export const losses = {
  discriminator: (weights: Weights, { real, noise }: Batch): number =>
    mean(pairs(real).map((point) => softplus(-score(weights, point)))) +
    mean(pairs(noise).map((point) => softplus(score(weights, make(weights, point))))),
  generator: (weights: Weights, { noise }: Batch): number =>
    mean(pairs(noise).map((point) => softplus(-score(weights, make(weights, point))))),
};

/** One step down the slope of a loss for the parameters whose names begin so, by central differences. */
export function descend(weights: Weights, batch: Batch, objective: keyof typeof losses, lr: number): Weights {
  const h = 1e-5;
  const moved: { [name: string]: readonly number[] } = { ...weights };
  for (const [name, values] of Object.entries(weights)) {
    if (!name.startsWith(`${objective}.`)) continue;
    const at = (i: number, by: number): number =>
      losses[objective]({ ...weights, [name]: values.with(i, values[i]! + by) }, batch);
    moved[name] = values.map((value, i) => value - (lr * (at(i, h) - at(i, -h))) / (2 * h));
  }
  return moved;
}
