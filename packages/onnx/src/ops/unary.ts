import type { TensorName } from '../graph/graph.js';
import type { GradientSite, Rule, Rules } from './rule.js';
import { isFloat } from './site.js';
import type { Site, TensorType } from './site.js';

function same(site: Site): readonly TensorType[] {
  return [site.input(0)];
}

function sameFloat(site: Site): readonly TensorType[] {
  if (!isFloat(site.input(0).dtype)) site.fail('expected a float tensor; cast it');
  return [site.input(0)];
}

/** A function of each element alone, from its gradient. Works on a gradient that is smaller and broadcasts. */
function unary(gradient: (at: GradientSite, dy: TensorName) => TensorName): Rule {
  return { infer: sameFloat, broadcasts: true, gradient: (at) => [gradient(at, at.dy[0] as TensorName)] };
}

const steps: Rule = { infer: same, gradient: 'stops' };

/** Operators on one tensor, element by element; each formula is the textbook derivative. */
export const unaries: Rules = {
  Identity: { infer: same, broadcasts: true, gradient: (at) => [at.dy[0]] },
  Neg: { ...unary(({ g }, dy) => g.neg(dy)), infer: same },
  Abs: { ...unary(({ g, x }, dy) => g.mul(dy, g.sign(x(0)))), infer: same },
  Sqrt: unary(({ g, y }, dy) => g.div(g.times(dy, 0.5), y(0))),
  Exp: unary(({ g, y }, dy) => g.mul(dy, y(0))),
  Log: unary(({ g, x }, dy) => g.div(dy, x(0))),
  Reciprocal: unary(({ g, y }, dy) => g.neg(g.mul(dy, g.mul(y(0), y(0))))),
  Sin: unary(({ g, x }, dy) => g.mul(dy, g.cos(x(0)))),
  Cos: unary(({ g, x }, dy) => g.neg(g.mul(dy, g.sin(x(0))))),
  Erf: unary(({ g, x }, dy) => g.mul(dy, g.times(g.exp(g.neg(g.mul(x(0), x(0)))), 2 / Math.sqrt(Math.PI)))),
  Sign: steps,
  Floor: steps,
  Ceil: steps,
  Round: steps,
  Not: steps,
  IsNaN: { infer: (site) => [{ dtype: 'bool', shape: site.shape(0) }], gradient: 'stops' },
  Clip: {
    infer: same,
    broadcasts: true,
    gradient: (at) => {
      // A value on a bound lets the gradient through, as in PyTorch.
      const { g, site } = at;
      let dy = at.dy[0] as TensorName;
      if (site.has(1)) dy = g.where(g.greaterOrEqual(at.x(0), at.x(1)), dy, 0);
      if (site.has(2)) dy = g.where(g.lessOrEqual(at.x(0), at.x(2)), dy, 0);
      return [dy];
    },
  },

  // From the output, not the input: onnxruntime can then fuse the activation into the Conv or Gemm before it.
  Relu: unary(({ g, y }, dy) => g.masked(g.greater(y(0), 0), dy)),
  LeakyRelu: unary(({ g, x, site }, dy) => g.where(g.greater(x(0), 0), dy, g.times(dy, site.float('alpha', 0.01)))),
  Elu: unary(({ g, x, y, site }, dy) => {
    const alpha = site.float('alpha', 1);
    return g.where(g.greater(x(0), 0), dy, g.mul(dy, g.add(y(0), alpha)));
  }),
  Sigmoid: unary(({ g, y }, dy) => g.mul(dy, g.sub(y(0), g.mul(y(0), y(0))))),
  Tanh: unary(({ g, y }, dy) => g.sub(dy, g.mul(dy, g.mul(y(0), y(0))))),
  Softplus: unary(({ g, x }, dy) => g.mul(dy, g.sigmoid(x(0)))),
  Dropout: { infer: (site) => [site.input(0), { dtype: 'bool', shape: site.shape(0) }] },
};
