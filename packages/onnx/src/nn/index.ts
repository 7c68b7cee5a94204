import { gelu, leakyRelu, relu, sigmoid, softmax, tanh } from './activations.js';
import { apply, residual, sequential } from './containers.js';
import { conv2d } from './convolution.js';
import { graph } from './graph.js';
import { embedding, linear } from './linear.js';
import { avgPool2d, globalAvgPool, maxPool2d } from './pooling.js';
import { batchNorm, dropout, layerNorm, normalize } from './regularization.js';
import { flatten, reshape } from './shaping.js';

/** The layers, and the ways to put them together. */
export const nn: {
  readonly apply: typeof apply;
  readonly avgPool2d: typeof avgPool2d;
  readonly batchNorm: typeof batchNorm;
  readonly conv2d: typeof conv2d;
  readonly dropout: typeof dropout;
  readonly embedding: typeof embedding;
  readonly flatten: typeof flatten;
  readonly gelu: typeof gelu;
  readonly globalAvgPool: typeof globalAvgPool;
  readonly graph: typeof graph;
  readonly layerNorm: typeof layerNorm;
  readonly leakyRelu: typeof leakyRelu;
  readonly linear: typeof linear;
  readonly maxPool2d: typeof maxPool2d;
  readonly normalize: typeof normalize;
  readonly relu: typeof relu;
  readonly reshape: typeof reshape;
  readonly residual: typeof residual;
  readonly sequential: typeof sequential;
  readonly sigmoid: typeof sigmoid;
  readonly softmax: typeof softmax;
  readonly tanh: typeof tanh;
} = {
  apply,
  avgPool2d,
  batchNorm,
  conv2d,
  dropout,
  embedding,
  flatten,
  gelu,
  globalAvgPool,
  graph,
  layerNorm,
  leakyRelu,
  linear,
  maxPool2d,
  normalize,
  relu,
  reshape,
  residual,
  sequential,
  sigmoid,
  softmax,
  tanh,
};
