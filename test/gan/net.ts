import { arrays, type Dataset, stream } from '@reprise/core';
import { loss, nn, onnx } from '@reprise/onnx';

/** Makes points of noise, and tells them from real ones: both go through the discriminator side by side. */
export const engine = onnx(() =>
  nn.graph(
    (g, { real, noise }) => {
      const made = nn.apply(g, generator, noise, 'generator');
      const both = g.concat([g.unsqueeze(real, [1]), g.unsqueeze(made, [1])], 1);
      return { made, scores: nn.apply(g, discriminator, both, 'discriminator') };
    },
    { inputs: ['real', 'noise'] },
  ),
);

const generator = nn.sequential({ a: nn.linear(2, 16), act: nn.tanh(), b: nn.linear(16, 2) });
const discriminator = nn.sequential({
  a: nn.linear(2, 32),
  act: nn.leakyRelu({ slope: 0.2 }),
  b: nn.linear(32, 32),
  act2: nn.leakyRelu({ slope: 0.2 }),
  c: nn.linear(32, 1),
});

/** Binary cross-entropy of real against made. */
export const tellsApart = loss('tellsApart', (g, { scores = '' }) => {
  const [real = '', made = ''] = g.split(scores, [1, 1], 1);
  return g.add(g.reduceMean(g.softplus(g.neg(real))), g.reduceMean(g.softplus(made)));
});

/** That of what is made against real. */
export const deceives = loss('deceives', (g, { scores = '' }) => {
  const [, made = ''] = g.split(scores, [1, 1], 1);
  return g.reduceMean(g.softplus(g.neg(made)));
});

/** The mean and the covariance of what is to be learned. */
export const target = { mean: [2, -1], covariance: [1, 0.6, 0.52] } as const;

/** Points of that Gaussian, each with noise that is drawn anew every epoch. */
export function points(count: number): Dataset {
  const random = stream(3, 'test/gan');
  const data = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const [a, b] = [random.normal(), random.normal()];
    data[2 * i] = 2 + a;
    data[2 * i + 1] = -1 + 0.6 * a + 0.4 * b;
  }
  return arrays({ real: { data, shape: [2] } }).map((sample, { rng }) => {
    const [radius, angle] = [Math.sqrt(-2 * Math.log(1 - rng())), 2 * Math.PI * rng()];
    return { ...sample, noise: Float32Array.of(radius * Math.cos(angle), radius * Math.sin(angle)) };
  });
}
