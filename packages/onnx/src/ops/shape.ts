import { sizeOf } from '@reprise/core';
import type { DType } from '@reprise/core';
import { intTensor, numbers, valuesOf } from '../graph/constants.js';
import { dtypeOfOnnx } from '../graph/element-types.js';
import type { TensorName } from '../graph/graph.js';
import { broadcastOrFail } from './broadcast.js';
import { reshaped } from './folding.js';
import type { Rule, Rules } from './rule.js';
import { isFloat } from './site.js';
import type { Site } from './site.js';

/** The same elements in the same order: back, they take the old shape. */
function sameElements(shapeOf: (site: Site) => readonly number[]): Rule {
  return {
    infer: (site) => [{ dtype: site.input(0).dtype, shape: shapeOf(site) }],
    gradient: ({ g, site, dy }) => [g.reshape(dy[0] as TensorName, site.shape(0))],
    fold: reshaped(shapeOf),
  };
}

function reshapeShape(site: Site): readonly number[] {
  const from = site.shape(0);
  const wanted = site.values(1) ?? site.fail('expected the new shape as second input');
  const keepZero = site.int('allowzero', 0) === 0;
  const shape = wanted.map((dim, axis) =>
    dim === 0 && keepZero ? (from[axis] ?? site.fail(`0 at ${axis} keeps a dimension that is not there`)) : dim,
  );
  const free = shape.indexOf(-1);
  const size = sizeOf(from);
  if (free >= 0) {
    const rest = sizeOf(shape.filter((_, axis) => axis !== free));
    if (rest === 0 || size % rest !== 0) site.fail(`${size} elements don't fill the shape [${wanted.join(', ')}]`);
    shape[free] = size / rest;
  }
  if (sizeOf(shape) !== size)
    site.fail(`the shape [${wanted.join(', ')}] needs ${sizeOf(shape)} elements, not ${size}`);
  return shape;
}

function flattenShape(site: Site): readonly number[] {
  const shape = site.shape(0);
  const given = site.int('axis', 1);
  const axis = given < 0 ? given + shape.length : given;
  if (axis < 0 || axis > shape.length) site.fail(`axis ${given} is outside a tensor of ${shape.length} dimensions`);
  return [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))];
}

function squeezeShape(site: Site): readonly number[] {
  const shape = site.shape(0);
  const axes = site.values(1)?.map((axis) => site.axis(axis, shape.length));
  return shape.filter((dim, axis) => {
    const goes = axes ? axes.includes(axis) : dim === 1;
    if (goes && dim !== 1) site.fail(`axis ${axis} has ${dim} elements: only those with 1 can be squeezed`);
    return !goes;
  });
}

function unsqueezeShape(site: Site): readonly number[] {
  const shape = site.shape(0);
  const given = site.values(1) ?? site.fail('expected the new axes as second input');
  const rank = shape.length + given.length;
  const axes = new Set(given.map((axis) => site.axis(axis, rank)));
  if (axes.size !== given.length) site.fail(`an axis is named twice in [${given.join(', ')}]`);
  let next = 0;
  return Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (shape[next++] as number)));
}

function permutation(site: Site): readonly number[] {
  const rank = site.shape(0).length;
  const perm = site.ints('perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const valid = perm.length === rank && perm.toSorted((a, b) => a - b).every((axis, index) => axis === index);
  return valid ? perm : site.fail(`[${perm.join(', ')}] is no order of ${rank} dimensions`);
}

function castTo(site: Site): DType {
  return dtypeOfOnnx(site.int('to', 0)) ?? site.fail(`element type ${site.int('to', 0)} of ONNX is not supported`);
}

/** Operators that change a tensor's shape or type and keep its elements. */
export const shapes: Rules = {
  Reshape: sameElements(reshapeShape),
  Flatten: sameElements(flattenShape),
  Squeeze: sameElements(squeezeShape),
  Unsqueeze: sameElements(unsqueezeShape),
  Transpose: {
    infer: (site) => [
      { dtype: site.input(0).dtype, shape: permutation(site).map((axis) => site.shape(0)[axis] as number) },
    ],
    gradient: ({ g, site, dy }) => {
      const perm = permutation(site);
      return [
        g.transpose(
          dy[0] as TensorName,
          perm.map((_, axis) => perm.indexOf(axis)),
        ),
      ];
    },
  },
  Expand: {
    infer: (site) => {
      const shape = site.values(1) ?? site.fail('expected the new shape as second input');
      return [{ dtype: site.input(0).dtype, shape: broadcastOrFail(site, [site.shape(0), shape]) }];
    },
    broadcasts: true,
    gradient: ({ g, site, dy, y }) => [g.sumTo(dy[0] as TensorName, g.shape(y(0)), site.shape(0))],
  },
  Cast: {
    infer: (site) => [{ dtype: castTo(site), shape: site.shape(0) }],
    broadcasts: true,
    gradient: ({ g, site, dy }) => {
      const { dtype } = site.input(0);
      return [isFloat(dtype) && dtype !== castTo(site) ? g.cast(dy[0] as TensorName, dtype) : dy[0]];
    },
    fold: (site) => {
      const from = site.constant(0);
      const to = castTo(site);
      return from && [{ dtype: to, shape: from.shape, data: numbers(valuesOf(from), to) }];
    },
  },
  Shape: {
    infer: (site) => [{ dtype: 'int64', shape: [shapeSlice(site).length] }],
    gradient: 'stops',
    fold: (site) => [intTensor(shapeSlice(site))],
  },
  Size: {
    infer: () => [{ dtype: 'int64', shape: [] }],
    gradient: 'stops',
    fold: (site) => [{ ...intTensor([sizeOf(site.shape(0))]), shape: [] }],
  },
};

function shapeSlice(site: Site): readonly number[] {
  const shape = site.shape(0);
  return shape.slice(site.int('start', 0), site.int('end', shape.length));
}
