import { sizeOf } from '@reprise/core';
import type { TensorName } from '../graph/graph.js';
import { gathered } from './folding.js';
import type { GradientSite, Rules } from './rule.js';
import type { Site, TensorType } from './site.js';

/** Up to this many rows, a product with the one-hot matrix is faster than scattering (measured: twice as fast at 64, half as fast at 256). */
const fewRows = 100;

function indexType(site: Site, index: number): TensorType {
  const type = site.input(index);
  if (type.dtype !== 'int64' && type.dtype !== 'int32') site.fail('expected indices of type int32 or int64; cast them');
  return type;
}

function gatherAxis(site: Site): number {
  return site.axis(site.int('axis', 0), site.shape(0).length);
}

/** Rows that were gathered more than once sum their gradients; ScatterElements does that exactly, ScatterND does not. */
function gradGather(at: GradientSite): readonly (TensorName | undefined)[] {
  const { g, site } = at;
  const { dtype, shape } = site.input(0);
  const axis = gatherAxis(site);
  const rows = sizeOf(site.shape(1));
  const depth = shape[axis] as number;
  const dy = at.dy[0] as TensorName;
  if (axis === 0 && depth <= fewRows) {
    const width = sizeOf(shape.slice(1));
    const hot = g.oneHot(g.reshape(at.x(1), [rows]), depth, dtype);
    return [g.reshape(g.gemm(hot, g.reshape(dy, [rows, width]), '', { transA: true }), shape)];
  }
  const flat = shape.map((dim, index) => (index === axis ? rows : dim));
  const index = g.reshape(
    at.x(1),
    shape.map((_, other) => (other === axis ? rows : 1)),
  );
  return [scatterAdd(at, g.expand(index, flat), g.reshape(dy, flat), axis)];
}

function scatterAdd({ g, site }: GradientSite, indices: TensorName, updates: TensorName, axis: number): TensorName {
  return g.op('ScatterElements', [g.full(0, site.input(0)), indices, updates], { axis, reduction: 'add' });
}

/** Operators that pick elements by index. */
export const gathers: Rules = {
  Gather: {
    infer: (site) => {
      const { dtype, shape } = site.input(0);
      const axis = gatherAxis(site);
      return [{ dtype, shape: [...shape.slice(0, axis), ...indexType(site, 1).shape, ...shape.slice(axis + 1)] }];
    },
    gradient: gradGather,
    fold: gathered,
  },
  GatherElements: {
    infer: (site) => {
      const { dtype, shape } = site.input(0);
      const axis = gatherAxis(site);
      const indices = indexType(site, 1).shape;
      const fits =
        indices.length === shape.length && indices.every((dim, at) => at === axis || dim <= (shape[at] as number));
      if (!fits)
        site.fail(`expected indices of ${shape.length} dimensions, none but axis ${axis} longer than the tensor's`);
      return [{ dtype, shape: indices }];
    },
    gradient: (at) => [scatterAdd(at, at.x(1), at.dy[0] as TensorName, gatherAxis(at.site))],
  },
  ScatterElements: { infer: (site) => [site.input(0)] },
  OneHot: {
    infer: (site) => {
      const [depth] = site.values(1) ?? [];
      const shape = site.shape(0);
      const axis = site.axis(site.int('axis', -1), shape.length + 1);
      return [{ dtype: site.input(2).dtype, shape: shape.toSpliced(axis, 0, depth as number) }];
    },
    gradient: 'stops',
  },
};
