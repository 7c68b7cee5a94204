import { finiteNumber, refuse } from '@reprise/core';
import type { Layer } from './layer.js';

/** Everything but the batch becomes one dimension: [n, a, b, …] → [n, a·b·…]. */
export function flatten(): Layer {
  return { kind: 'flatten', build: (g, x) => g.flatten(x, 1) };
}

/**
 * Gives each sample another shape: [n, …] → [n, ...shape]. At most one size may be −1: what remains.
 * @throws OptionError `INVALID_OPTION`
 */
export function reshape(shape: readonly number[]): Layer {
  if (!isList(shape)) refuse('nn.reshape', 'shape', 'a list of sizes, the batch left out', shape);
  for (const size of shape) finiteNumber('nn.reshape', 'shape', size);
  const free = shape.filter((size) => size === -1).length;
  if (free > 1 || shape.some((size) => size !== -1 && !(Number.isInteger(size) && size > 0))) {
    refuse('nn.reshape', 'shape', 'sizes from 1, at most one of them −1', shape.join(', '));
  }
  return { kind: 'reshape', build: (g, x) => g.reshape(x, [0, ...shape]) };
}

function isList(value: unknown): boolean {
  return Array.isArray(value);
}
