import { boolean, checkOptions } from '@reprise/core';
import { pair } from './checks.js';
import type { Pair } from './checks.js';
import type { Layer } from './layer.js';

export interface PoolOptions {
  /** Default: the kernel's size. */
  readonly stride?: Pair;
  /** Default 0. */
  readonly padding?: Pair;
}

export interface MaxPoolOptions extends PoolOptions {
  /** Whether windows that reach over the edge count. Default false. */
  readonly ceil?: boolean;
}

export interface AveragePoolOptions extends PoolOptions {
  /** Whether the zeros of the padding count in the mean. Default true, as in PyTorch. */
  readonly countPadding?: boolean;
}

/**
 * The greatest of each window: [n, c, h, w] → [n, c, h', w'].
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function maxPool2d(kernel: Pair, options: MaxPoolOptions = {}): Layer {
  checkOptions('nn.maxPool2d', options, ['stride', 'padding', 'ceil']);
  const { size, window } = windowOf('nn.maxPool2d', kernel, options);
  const { ceil = false } = options;
  boolean('nn.maxPool2d', 'ceil', ceil);
  return { kind: 'pool', build: (g, x) => g.maxPool(x, size, { ...window, ceil }) };
}

/**
 * The mean of each window: [n, c, h, w] → [n, c, h', w'].
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function avgPool2d(kernel: Pair, options: AveragePoolOptions = {}): Layer {
  checkOptions('nn.avgPool2d', options, ['stride', 'padding', 'countPadding']);
  const { size, window } = windowOf('nn.avgPool2d', kernel, options);
  const { countPadding = true } = options;
  boolean('nn.avgPool2d', 'countPadding', countPadding);
  return { kind: 'pool', build: (g, x) => g.averagePool(x, size, { ...window, countPadding }) };
}

/** The mean of each channel: [n, c, h, w] → [n, c]. */
export function globalAvgPool(): Layer {
  return { kind: 'pool', build: (g, x) => g.flatten(g.globalAveragePool(x)) };
}

function windowOf(
  where: string,
  kernel: Pair,
  { stride = kernel, padding = 0 }: PoolOptions,
): { size: readonly number[]; window: { strides: readonly number[]; pads: readonly number[] } } {
  const pads = pair(where, 'padding', padding, 0);
  return {
    size: pair(where, 'kernel', kernel, 1),
    window: { strides: pair(where, 'stride', stride, 1), pads: [...pads, ...pads] },
  };
}
