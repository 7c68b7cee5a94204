import { RepriseError } from '../errors/base.js';
import { nearest } from '../options/nearest.js';
import { isTensor } from './stateful.js';
import { describe } from '../options/describe.js';
import type { Tensor, Tensors } from '../values/tensor.js';

/**
 * A net's tensors with copies of some in the place of others: whoever gave them may write to them again.
 * @throws RepriseError `DATA_MISMATCH` where one is not of the net, or of another type or shape
 */
export function withParameters(all: Tensors, some: Tensors, who: string): Tensors {
  const given: unknown = some;
  if (!(given instanceof Map)) {
    throw new RepriseError(
      'DATA_MISMATCH',
      `${who}: setParameters() takes a Map of tensors by name, and got ${describe(given)}.`,
    );
  }
  const changed = new Map(all);
  for (const [name, tensor] of some) {
    const old = all.get(name);
    if (old === undefined) {
      const close = nearest(name, [...all.keys()]);
      const hint = close === undefined ? '' : ` Did you mean '${close}'?`;
      throw new RepriseError('DATA_MISMATCH', `${who}: the net has no parameter '${name}'.${hint}`);
    }
    if (!isTensor(tensor) || !fits(tensor, old)) {
      const found = isTensor(tensor) ? said(tensor) : describe(tensor);
      throw new RepriseError('DATA_MISMATCH', `${who}: '${name}' is ${said(old)}, and was given ${found}.`);
    }
    changed.set(name, { ...old, data: tensor.data.slice() });
  }
  return changed;
}

function fits({ dtype, shape, data }: Tensor, old: Tensor): boolean {
  const same = shape.length === old.shape.length && shape.every((size, i) => size === old.shape[i]);
  return dtype === old.dtype && same && data.constructor === old.data.constructor && data.length === old.data.length;
}

function said({ dtype, shape, data }: Tensor): string {
  return `${dtype} [${shape.join(', ')}] in a ${data.constructor.name} of ${data.length}`;
}
