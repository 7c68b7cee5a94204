import { checkOptions, finiteNumber, positiveInteger, positiveNumber, refuse } from '@reprise/core';
import type { Tensor } from '@reprise/core';
import { row, sizes } from './checks.js';
import { ones, zeros } from './initializers.js';
import type { Layer } from './layer.js';

/**
 * In training, each element becomes 0 with probability `p` and the others are scaled by 1 / (1 − p); otherwise nothing happens.
 * The masks are a function of the seed, the step and the layer's name. `p` is taken to the nearest 1/65536.
 * @throws OptionError `INVALID_OPTION`
 */
export function dropout(p = 0.5): Layer {
  finiteNumber('nn.dropout', 'p', p);
  if (p < 0 || p >= 1) refuse('nn.dropout', 'p', 'from 0, below 1', p);
  return { kind: 'dropout', build: (g, x) => (p === 0 ? x : g.dropout(x, p)) };
}

export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** The share of the new batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
}

/**
 * Normalises each feature over the batch, then scales and shifts it: [n, features] or [n, features, …]. `weight` and `bias` are trained;
 * `running_mean` and `running_var` (of the unbiased variance, as in PyTorch) are buffers, and stand for the batch's in evaluation.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function batchNorm(features: number, options: BatchNormOptions = {}): Layer {
  const where = 'nn.batchNorm';
  positiveInteger(where, 'features', features);
  checkOptions(where, options, ['epsilon', 'momentum']);
  const { epsilon = 1e-5, momentum = 0.1 } = options;
  positiveNumber(where, 'epsilon', epsilon);
  finiteNumber(where, 'momentum', momentum);
  if (momentum < 0 || momentum > 1) refuse(where, 'momentum', 'from 0 to 1', momentum);
  return {
    kind: 'norm',
    build(g, x) {
      const weight = g.parameter('weight', [features], ones);
      const bias = g.parameter('bias', [features], zeros);
      const mean = g.buffer('running_mean', [features], zeros);
      const variance = g.buffer('running_var', [features], ones);
      return g.batchNorm(x, weight, bias, mean, variance, { epsilon, momentum });
    },
  };
}

/**
 * Normalises each sample over its last dimensions, which `shape` gives, then scales and shifts it by `weight` and `bias` of that shape.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function layerNorm(shape: number | readonly number[], options: { readonly epsilon?: number } = {}): Layer {
  const dims = sizes('nn.layerNorm', 'shape', shape);
  checkOptions('nn.layerNorm', options, ['epsilon']);
  const { epsilon = 1e-5 } = options;
  positiveNumber('nn.layerNorm', 'epsilon', epsilon);
  return {
    kind: 'norm',
    build(g, x) {
      const weight = g.parameter('weight', dims, ones);
      return g.layerNorm(x, weight, g.parameter('bias', dims, zeros), { axis: -dims.length, epsilon });
    },
  };
}

export interface NormalizeOptions {
  /** What is subtracted: one number, or one for each position on `axis`. */
  readonly mean: number | readonly number[];
  /** What is divided by then. */
  readonly std: number | readonly number[];
  /** The dimension that lists run along, counted from the end: −1 for tables, −3 for images [n, c, h, w]. Default −1. */
  readonly axis?: number;
}

/**
 * (x − mean) / std with fixed numbers, of inputs of any type: the net takes raw pixels or table values, and is exported with its scaling.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function normalize(options: NormalizeOptions): Layer {
  const where = 'nn.normalize';
  checkOptions(where, options, ['mean', 'std', 'axis']);
  const mean = row(where, 'mean', options.mean);
  const std = row(where, 'std', options.std);
  const { axis = -1 } = options;
  if (!Number.isInteger(axis) || axis >= 0) refuse(where, 'axis', 'counted from the end: −1, −2, …', axis);
  if (std.some((each) => each === 0)) refuse(where, 'std', 'other than 0', 0);
  if (mean.length > 1 && std.length > 1 && mean.length !== std.length) {
    refuse(where, 'std', `as long as mean, ${mean.length}`, options.std);
  }
  const tensor = (values: readonly number[]): Tensor => ({
    dtype: 'float32',
    shape: values.length === 1 ? [] : [values.length, ...Array.from({ length: -axis - 1 }, () => 1)],
    data: Float32Array.from(values),
  });
  return {
    kind: 'normalize',
    build(g, x) {
      const input = g.cast(x, 'float32');
      const centred = mean.every((each) => each === 0) ? input : g.sub(input, g.constant(tensor(mean)));
      return std.every((each) => each === 1) ? centred : g.div(centred, g.constant(tensor(std)));
    },
  };
}
