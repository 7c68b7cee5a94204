import { sizeOf } from '@reprise/core';
import type { Tensor } from '@reprise/core';
import { numbers, valuesOf } from '../graph/constants.js';
import { broadcastOrFail } from './broadcast.js';
import type { Site } from './site.js';

type Fold = (site: Site) => readonly Tensor[] | undefined;

/** The constants in all inputs; undefined where one of them isn't constant. */
function constants(site: Site): readonly Tensor[] | undefined {
  const found = site.node.inputs.map((_, index) => site.constant(index));
  return found.every((tensor) => tensor !== undefined) ? found : undefined;
}

/** The first input's elements under another shape. */
export function reshaped(shapeOf: (site: Site) => readonly number[]): Fold {
  return (site) => {
    const first = site.constant(0);
    return first && [{ ...first, shape: shapeOf(site) }];
  };
}

/** Arithmetic on small constants, as exporters write it to compute a shape. Integers divide towards zero, as ONNX has it. */
export function computed(compute: (a: number, b: number) => number): Fold {
  return (site) => {
    const inputs = constants(site);
    const [a, b] = inputs ?? [];
    if (!a || !b || a.dtype !== b.dtype) return undefined;
    const shape = broadcastOrFail(site, [a.shape, b.shape]);
    const [left, right] = [valuesOf(a), valuesOf(b)];
    if (left.length > 1 && right.length > 1 && left.length !== right.length) return undefined;
    const values = Array.from({ length: sizeOf(shape) }, (_, index) =>
      compute(
        (left.length === 1 ? left[0] : left[index]) as number,
        (right.length === 1 ? right[0] : right[index]) as number,
      ),
    );
    return [{ dtype: a.dtype, shape, data: numbers(values, a.dtype) }];
  };
}

/** Rows of constants put one after the other. */
export const concatenated: Fold = (site) => {
  const inputs = constants(site);
  const first = inputs?.[0];
  if (!inputs || !first || inputs.some((tensor) => tensor.shape.length !== 1)) return undefined;
  const values = inputs.flatMap(valuesOf);
  return [{ dtype: first.dtype, shape: [values.length], data: numbers(values, first.dtype) }];
};

/** Elements of a constant row, by constant indices. */
export const gathered: Fold = (site) => {
  const [row, indices] = constants(site) ?? [];
  if (!row || !indices || row.shape.length !== 1) return undefined;
  const values = valuesOf(row);
  const picked = valuesOf(indices).map(
    (index) => values.at(index) ?? site.fail(`index ${index} is outside ${values.length} elements`),
  );
  return [{ dtype: row.dtype, shape: indices.shape, data: numbers(picked, row.dtype) }];
};

/** A stretch of a constant row. */
export const sliced: Fold = (site) => {
  const [row, starts, ends, , steps] = constants(site) ?? [];
  if (!row || !starts || !ends || row.shape.length !== 1 || (steps && Number(steps.data[0]) !== 1)) return undefined;
  const values = valuesOf(row).slice(valuesOf(starts)[0], valuesOf(ends)[0]);
  return [{ dtype: row.dtype, shape: [values.length], data: numbers(values, row.dtype) }];
};
