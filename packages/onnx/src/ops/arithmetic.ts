import type { TensorName } from '../graph/graph.js';
import { broadcastAll, broadcastOrFail } from './broadcast.js';
import type { GradientSite, Rule, Rules } from './rule.js';
import { isFloat } from './site.js';

type Side = (at: GradientSite, dy: TensorName) => TensorName;

/** A binary operator: one function an operand makes its gradient, before what was broadcast is summed. */
function binary(...sides: readonly [Side, Side]): Rule {
  return {
    infer: (site) => [broadcastAll(site)],
    broadcasts: true,
    gradient: (at) => {
      const dy = at.dy[0] as TensorName;
      const full = at.g.shape(at.y(0));
      return sides.map((side, index) =>
        at.wanted(index) ? at.g.sumTo(side(at, dy), full, at.site.shape(index)) : undefined,
      );
    },
  };
}

/** Where the result came from this operand; equal operands share the gradient evenly, as in PyTorch. */
const extreme: Rule = {
  infer: (site) => [broadcastAll(site)],
  gradient: (at) => {
    const { g, site } = at;
    const full = g.shape(at.y(0));
    const hits = Array.from({ length: site.count }, (_, index) =>
      g.cast(g.equal(at.x(index), at.y(0)), site.input(0).dtype),
    );
    const share = g.div(
      at.dy[0] as TensorName,
      hits.reduce((sum, hit) => g.add(sum, hit)),
    );
    return hits.map((hit, index) =>
      at.wanted(index) ? g.sumTo(g.mul(hit, share), full, site.shape(index)) : undefined,
    );
  },
};

const comparison: Rule = {
  infer: (site) => [{ dtype: 'bool', shape: broadcastAll(site).shape }],
  gradient: 'stops',
};

function power(at: GradientSite, dy: TensorName): TensorName {
  const { g } = at;
  const exponent = at.site.constant(1);
  const value = exponent && exponent.data.length === 1 ? Number(exponent.data[0]) : undefined;
  if (value === 0) return g.times(dy, 0);
  if (value === 1) return dy;
  if (value === 2) return g.mul(dy, g.mul(at.x(0), 2));
  if (value !== undefined) return g.mul(dy, g.mul(g.pow(at.x(0), value - 1), value));
  const b = g.cast(at.x(1), at.site.input(0).dtype);
  return g.mul(dy, g.mul(b, g.pow(at.x(0), g.sub(b, 1))));
}

/** Operators on two or more tensors, element by element, with broadcasting. */
export const arithmetic: Rules = {
  Add: binary(
    (_, dy) => dy,
    (_, dy) => dy,
  ),
  Sub: binary(
    (_, dy) => dy,
    ({ g }, dy) => g.neg(dy),
  ),
  Mul: binary(
    ({ g, x }, dy) => g.mul(dy, x(1)),
    ({ g, x }, dy) => g.mul(dy, x(0)),
  ),
  Div: binary(
    ({ g, x }, dy) => g.div(dy, x(1)),
    ({ g, x, y }, dy) => g.neg(g.div(g.mul(dy, y(0)), x(1))),
  ),
  Pow: {
    ...binary(power, ({ g, x, y }, dy) => {
      // 0 to any power stays 0, so there the exponent has no influence; log(0) must not spoil that.
      const positive = g.greater(x(0), 0);
      return g.mul(dy, g.mul(y(0), g.log(g.where(positive, x(0), 1))));
    }),
    infer: (site) => {
      const [base, exponent] = [site.input(0), site.input(1)];
      if (base.dtype === exponent.dtype) return [broadcastAll(site)];
      if (!isFloat(base.dtype)) site.fail('expected a base of a float type');
      return [{ dtype: base.dtype, shape: broadcastOrFail(site, [base.shape, exponent.shape]) }];
    },
  },
  Sum: {
    infer: (site) => [broadcastAll(site)],
    broadcasts: true,
    gradient: (at) =>
      at.site.node.inputs.map((_, index) =>
        at.wanted(index) ? at.g.sumTo(at.dy[0] as TensorName, at.g.shape(at.y(0)), at.site.shape(index)) : undefined,
      ),
  },
  Max: extreme,
  Min: extreme,
  Mod: { infer: (site) => [broadcastAll(site)] },
  Equal: comparison,
  Greater: comparison,
  GreaterOrEqual: comparison,
  Less: comparison,
  LessOrEqual: comparison,
  And: comparison,
  Or: comparison,
  Xor: comparison,
  Where: {
    infer: (site) => {
      if (site.input(0).dtype !== 'bool') site.fail('expected a bool condition; compare, or cast it');
      const value = broadcastAll(site, 1);
      return [{ dtype: value.dtype, shape: broadcastOrFail(site, [site.shape(0), value.shape]) }];
    },
    broadcasts: true,
    gradient: (at) => {
      const { g, site } = at;
      const dy = at.dy[0] as TensorName;
      const full = g.shape(at.y(0));
      const a = at.wanted(1) ? g.sumTo(g.where(at.x(0), dy, 0), full, site.shape(1)) : undefined;
      const b = at.wanted(2) ? g.sumTo(g.where(at.x(0), 0, dy), full, site.shape(2)) : undefined;
      return [undefined, a, b];
    },
  },
};
