import type { TensorName } from '../graph/graph.js';
import type { GradientSite, Rules } from './rule.js';
import type { Site, TensorType } from './site.js';

function inferBatchNorm(site: Site): readonly TensorType[] {
  const x = site.input(0);
  const channels = x.shape[1];
  if (channels === undefined) site.fail('expected [samples, channels, …]');
  for (let index = 1; index < 5; index++) {
    const shape = site.shape(index);
    if (shape.length !== 1 || shape[0] !== channels)
      site.fail(`expected scale, bias, mean and variance of ${channels} elements each`);
  }
  return [x];
}

function normAxis(site: Site): number {
  return site.axis(site.int('axis', -1), site.shape(0).length);
}

function inferLayerNorm(site: Site): readonly TensorType[] {
  const x = site.input(0);
  const axis = normAxis(site);
  const tail = x.shape.slice(axis);
  for (let index = 1; index < site.count; index++) {
    const shape = site.shape(index);
    if (shape.length !== tail.length || shape.some((dim, at) => dim !== tail[at]))
      site.fail(`expected scale and bias of shape [${tail.join(', ')}]`);
  }
  const statistics = { dtype: x.dtype, shape: x.shape.map((dim, index) => (index < axis ? dim : 1)) };
  return [x, statistics, statistics];
}

/** Ba, Kiros, Hinton 2016. Mean and 1 / deviation are the node's own second and third output where it has them. */
function gradLayerNorm(at: GradientSite): readonly (TensorName | undefined)[] {
  const { g, site } = at;
  const shape = site.shape(0);
  const axis = normAxis(site);
  const axes = shape.flatMap((_, index) => (index < axis ? [] : [index]));
  const dy = at.dy[0] as TensorName;
  const mean = (x: TensorName): TensorName => g.reduceMean(x, axes, true);
  const given = site.node.outputs.length === 3;
  const centred = g.sub(at.x(0), given ? at.y(1) : mean(at.x(0)));
  const variance = (): TensorName => g.add(mean(g.mul(centred, centred)), site.float('epsilon', 1e-5));
  const inverse = given ? at.y(2) : g.reciprocal(g.sqrt(variance()));
  const normal = g.mul(centred, inverse);
  const tail = shape.slice(axis);
  const dx = (): TensorName => {
    const d = g.mul(dy, at.x(1));
    return g.mul(g.sub(g.sub(d, mean(d)), g.mul(normal, mean(g.mul(d, normal)))), inverse);
  };
  return [
    at.wanted(0) ? dx() : undefined,
    at.wanted(1) ? g.sumTo(g.mul(dy, normal), shape, tail) : undefined,
    at.wanted(2) ? g.sumTo(dy, shape, tail) : undefined,
  ];
}

export const normalizations: Rules = {
  BatchNormalization: { infer: inferBatchNorm },
  LayerNormalization: { infer: inferLayerNorm, gradient: gradLayerNorm },
};
