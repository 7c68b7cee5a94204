import { checkOptions, finiteNumber, oneOf } from '@reprise/core';
import type { Layer } from './layer.js';

/** max(x, 0). */
export function relu(): Layer {
  return { kind: 'relu', build: (g, x) => g.relu(x) };
}

/**
 * x where it is positive, else slope · x.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function leakyRelu(options: { readonly slope?: number } = {}): Layer {
  checkOptions('nn.leakyRelu', options, ['slope']);
  const { slope = 0.01 } = options;
  finiteNumber('nn.leakyRelu', 'slope', slope);
  return { kind: 'leakyRelu', build: (g, x) => g.leakyRelu(x, slope) };
}

/**
 * x · Φ(x), with the normal distribution's Φ itself or approximated by tanh (Hendrycks and Gimpel, 2016).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function gelu(options: { readonly approximate?: 'none' | 'tanh' } = {}): Layer {
  checkOptions('nn.gelu', options, ['approximate']);
  const { approximate = 'none' } = options;
  oneOf('nn.gelu', 'approximate', approximate, ['none', 'tanh']);
  if (approximate === 'none') return { kind: 'gelu', build: (g, x) => g.gelu(x) };
  return {
    kind: 'gelu',
    build(g, x) {
      const cube = g.mul(g.mul(x, x), g.mul(x, 0.044715));
      const inner = g.mul(g.add(x, cube), Math.sqrt(2 / Math.PI));
      return g.mul(g.mul(x, 0.5), g.add(g.tanh(inner), 1));
    },
  };
}

/** 1 / (1 + exp(−x)). */
export function sigmoid(): Layer {
  return { kind: 'sigmoid', build: (g, x) => g.sigmoid(x) };
}

/** The hyperbolic tangent. */
export function tanh(): Layer {
  return { kind: 'tanh', build: (g, x) => g.tanh(x) };
}

/**
 * exp(x) / Σ exp(x) along an axis, the last one by default. `crossEntropy` wants the logits: leave this out before it.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function softmax(options: { readonly axis?: number } = {}): Layer {
  checkOptions('nn.softmax', options, ['axis']);
  const { axis = -1 } = options;
  finiteNumber('nn.softmax', 'axis', axis);
  return { kind: 'softmax', build: (g, x) => g.softmax(x, axis) };
}
