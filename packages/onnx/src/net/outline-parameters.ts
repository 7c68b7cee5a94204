import { bytesOf } from '@reprise/core';
import type { Parameter } from '../graph/graph.js';
import { checksum } from './checksum.js';
import type { NetGraph } from './graph-of-net.js';

/**
 * How parameters begin, for people, by their names. Left out where it follows from the shapes, as for linear and convolution layers: it
 * would be said again with every change of a width.
 */
export function beginnings({ graph, weights }: NetGraph): ReadonlyMap<string, string> {
  const bounds = new Set(graph.parameters.flatMap((parameter) => boundByFanIn(parameter) ?? []));
  const begin = new Map<string, string>();
  for (const parameter of graph.parameters) {
    const { name, kind, init } = parameter;
    if (kind === 'parameter' && init.kind === 'uniform' && bounds.has(`${layerOf(name)}:${init.args['bound']}`))
      continue;
    const given = weights?.get(name);
    const how =
      given === undefined
        ? [init.kind, ...Object.entries(init.args).map(([arg, value]) => `${arg} ${value}`)]
        : [init.kind, `checksum ${checksum(bytesOf(given.data))}`];
    begin.set(name, [...(kind === 'buffer' ? ['buffer'] : []), ...how].join(', '));
  }
  return begin;
}

/** The bound of a layer whose weight is this, as `uniformByFanIn` has it. */
function boundByFanIn({ name, shape }: Parameter): string | undefined {
  if (shape.length < 2) return undefined;
  return `${layerOf(name)}:${1 / Math.sqrt(shape.slice(1).reduce((product, size) => product * size, 1))}`;
}

function layerOf(parameter: string): string {
  return parameter.slice(0, Math.max(0, parameter.lastIndexOf('.')));
}
