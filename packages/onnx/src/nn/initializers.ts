import type { Initializer } from '../graph/graph.js';

export const zeros: Initializer = { kind: 'zeros', args: {} };
export const ones: Initializer = { kind: 'ones', args: {} };
export const standardNormal: Initializer = { kind: 'normal', args: { mean: 0, std: 1 } };

/**
 * How PyTorch begins the weights of linear and convolution layers: `kaiming_uniform_` with a = √5, which is U(−b, b) with
 * b = √(2 / (1 + a²)) · √(3 / fanIn) = 1 / √fanIn (He et al., 2015). Their biases begin with the same bound.
 */
export function uniformByFanIn(fanIn: number): Initializer {
  return { kind: 'uniform', args: { bound: 1 / Math.sqrt(fanIn) } };
}
