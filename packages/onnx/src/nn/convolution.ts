import { boolean, checkOptions, positiveInteger, refuse } from '@reprise/core';
import { pair } from './checks.js';
import type { Pair } from './checks.js';
import { uniformByFanIn } from './initializers.js';
import type { Layer } from './layer.js';

export interface Conv2dOptions {
  /** Default 1. */
  readonly stride?: Pair;
  /** Zeros around the image, on each side. Default 0. */
  readonly padding?: Pair;
  /** The distance between the elements of the kernel. Default 1. */
  readonly dilation?: Pair;
  /** Into how many groups the channels are divided; each is convolved by itself. Default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly bias?: boolean;
}

/**
 * A two-dimensional convolution: [n, inputs, h, w] → [n, outputs, h', w'] with h' = ⌊(h + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
 * `weight` is [outputs, inputs / groups, kernel, kernel], `bias` [outputs]; both begin as in PyTorch.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function conv2d(inputs: number, outputs: number, kernel: Pair, options: Conv2dOptions = {}): Layer {
  const where = 'nn.conv2d';
  positiveInteger(where, 'inputs', inputs);
  positiveInteger(where, 'outputs', outputs);
  checkOptions(where, options, ['stride', 'padding', 'dilation', 'groups', 'bias']);
  const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
  const size = pair(where, 'kernel', kernel, 1);
  const strides = pair(where, 'stride', stride, 1);
  const pads = pair(where, 'padding', padding, 0);
  const dilations = pair(where, 'dilation', dilation, 1);
  positiveInteger(where, 'groups', groups);
  boolean(where, 'bias', bias);
  if (inputs % groups !== 0 || outputs % groups !== 0) {
    refuse(where, 'groups', `a divisor of ${inputs} inputs and of ${outputs} outputs`, groups);
  }
  return {
    kind: 'conv',
    build(g, x) {
      const shape = [outputs, inputs / groups, ...size];
      const fanIn = (inputs / groups) * size[0] * size[1];
      const weight = g.parameter('weight', shape, uniformByFanIn(fanIn));
      const offset = bias ? g.parameter('bias', [outputs], uniformByFanIn(fanIn)) : '';
      return g.conv(x, weight, offset, size, { strides, pads: [...pads, ...pads], dilations, group: groups });
    },
  };
}
