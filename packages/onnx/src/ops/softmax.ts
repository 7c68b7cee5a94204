import type { TensorName } from '../graph/graph.js';
import type { GradientSite, Rule, Rules } from './rule.js';
import { isFloat } from './site.js';

function along(gradient: (at: GradientSite, dy: TensorName, sum: (x: TensorName) => TensorName) => TensorName): Rule {
  return {
    infer: (site) => {
      const type = site.input(0);
      if (!isFloat(type.dtype)) site.fail('expected a float tensor; cast it');
      site.axis(site.int('axis', -1), type.shape.length);
      return [type];
    },
    broadcasts: true,
    gradient: (at) => {
      const full = at.site.shape(0);
      const axis = at.site.axis(at.site.int('axis', -1), full.length);
      const reduced = full.map((dim, index) => (index === axis ? 1 : dim));
      return [gradient(at, at.dy[0] as TensorName, (x) => at.g.sumTo(x, full, reduced))];
    },
  };
}

/** Normalisation of an axis to a distribution. */
export const softmaxes: Rules = {
  Softmax: along(({ g, y }, dy, sum) => g.mul(y(0), g.sub(dy, sum(g.mul(dy, y(0)))))),
  LogSoftmax: along(({ g, y }, dy, sum) => g.sub(dy, g.mul(g.exp(y(0)), sum(dy)))),
};
