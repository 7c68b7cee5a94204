import { sizeOf } from '@reprise/core';
import type { TensorName } from '../graph/graph.js';
import type { GradientSite, Rule, Rules } from './rule.js';
import { isFloat } from './site.js';
import type { Site, TensorType } from './site.js';

/** The axes that a reduction sums over, from an input or an attribute, as the operator has it. */
function axesOf(site: Site): readonly number[] {
  const rank = site.shape(0).length;
  const given = site.ints('axes') ?? (site.count > 1 ? site.values(1) : undefined);
  if ((given === undefined || given.length === 0) && site.int('noop_with_empty_axes', 0)) return [];
  if (given === undefined || given.length === 0) return Array.from({ length: rank }, (_, axis) => axis);
  return given.map((axis) => site.axis(axis, rank));
}

/** The input's shape, with 1 where it is reduced. */
function keptShape(site: Site): readonly number[] {
  const axes = axesOf(site);
  return site.shape(0).map((dim, axis) => (axes.includes(axis) ? 1 : dim));
}

function infer(site: Site): readonly TensorType[] {
  const axes = axesOf(site);
  const { dtype, shape } = site.input(0);
  const kept = keptShape(site);
  return [{ dtype, shape: site.int('keepdims', 1) ? kept : shape.filter((_, axis) => !axes.includes(axis)) }];
}

/** `gradient` gets dy and y in the shape that keeps the reduced dimensions; what it returns may be smaller than the input and broadcast. */
function reduction(gradient: (at: GradientSite, dy: TensorName, y: () => TensorName) => TensorName): Rule {
  return {
    infer: (site) => {
      if (!isFloat(site.input(0).dtype) && site.node.op === 'ReduceLogSumExp')
        site.fail('expected a float tensor; cast it');
      return infer(site);
    },
    broadcasts: true,
    gradient: (at) => {
      const { g } = at;
      const kept = keptShape(at.site);
      const given = at.dy[0] as TensorName;
      // One number for all stays that, and broadcasts.
      const dy = sizeOf(g.shape(given)) === 1 ? given : g.reshape(g.expand(given, g.shape(at.y(0))), kept);
      return [gradient(at, dy, () => g.reshape(at.y(0), kept))];
    },
  };
}

/** The greatest or least elements share the gradient evenly, as in PyTorch's amax. */
const extreme = reduction((at, dy, y) => {
  const { g, site } = at;
  const hits = g.cast(g.equal(at.x(0), y()), site.input(0).dtype);
  const count = g.sumTo(hits, site.shape(0), keptShape(site));
  return g.mul(hits, g.div(dy, count));
});

/** Operators that reduce axes to one number. */
export const reductions: Rules = {
  ReduceSum: reduction((_, dy) => dy),
  ReduceMean: reduction(({ g, site }, dy) => g.times(dy, sizeOf(keptShape(site)) / sizeOf(site.shape(0)))),
  ReduceMax: extreme,
  ReduceMin: extreme,
  ReduceLogSumExp: reduction(({ g, x }, dy, y) => g.mul(dy, g.exp(g.sub(x(0), y())))),
  ReduceSumSquare: reduction(({ g, x }, dy) => g.mul(x(0), g.times(dy, 2))),
  ReduceL2: reduction(({ g, x }, dy, y) => g.mul(x(0), g.div(dy, y()))),
  ReduceL1: reduction(({ g, x }, dy) => g.mul(g.sign(x(0)), dy)),
  ReduceProd: { infer },
  ArgMax: { infer: inferArg, gradient: 'stops' },
  ArgMin: { infer: inferArg, gradient: 'stops' },
};

function inferArg(site: Site): readonly TensorType[] {
  const { shape } = site.input(0);
  const axis = site.axis(site.int('axis', 0), shape.length);
  const kept = site.int('keepdims', 1) ? [1] : [];
  return [{ dtype: 'int64', shape: shape.flatMap((dim, index) => (index === axis ? kept : [dim])) }];
}
