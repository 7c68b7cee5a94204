import { describe, expect, it } from 'vitest';
import { EngineError } from '../../src/graph/engine-error.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { prune } from '../../src/graph/prune.js';

const zero = { kind: 'zeros', args: {} };

function twoLayers(): Graph {
  const g = new GraphBuilder();
  const layer = (x: string, from: number, to: number): string =>
    g.scope(g.numbered('linear'), () =>
      g.gemm(x, g.parameter('weight', [to, from], zero), g.parameter('bias', [to], zero), { transB: true }),
    );
  const hidden = g.mul(layer(g.input('input'), 4, 3), 0.5);
  return g.build([g.add(layer(hidden, 3, 2), 0.5)]);
}

describe('a graph builder', () => {
  it('gives the same graph for the same calls', () => {
    expect(twoLayers()).toEqual(twoLayers());
  });

  it('names parameters by layer, and counts unnamed layers by kind', () => {
    expect(twoLayers().parameters.map(({ name }) => name)).toEqual([
      'linear1.weight',
      'linear1.bias',
      'linear2.weight',
      'linear2.bias',
    ]);
  });

  it('nests scopes and counts within each', () => {
    const g = new GraphBuilder();
    const name = g.scope('block', () => g.scope(g.numbered('conv'), () => g.parameter('weight', [1], zero)));
    const other = g.scope('other', () => g.scope(g.numbered('conv'), () => g.buffer('mean', [1], zero)));
    expect([name, other]).toEqual(['block.conv1.weight', 'other.conv1.mean']);
  });

  it('stamps nodes with their layer', () => {
    expect(twoLayers().nodes.map(({ op, layer }) => `${op} ${layer}`)).toEqual([
      'Gemm linear1',
      'Mul ',
      'Gemm linear2',
      'Add ',
    ]);
  });

  it('keeps equal constants once, and tells 0 from −0', () => {
    const g = new GraphBuilder();
    expect(g.scalar(1)).toBe(g.scalar(1));
    expect(g.scalar(1)).not.toBe(g.scalar(1, 'float64'));
    expect(g.scalar(0)).not.toBe(g.scalar(-0));
    expect(g.ints([1])).not.toBe(g.scalar(1, 'int64'));
  });

  it('goes on from a graph without changing it', () => {
    const graph = twoLayers();
    const g = new GraphBuilder(graph);
    const more = g.build([g.relu(graph.outputs[0] as string)]);
    expect(graph.nodes).toHaveLength(4);
    expect(more.nodes.slice(0, 4)).toEqual(graph.nodes);
    expect(new Set(more.nodes.flatMap(({ outputs }) => outputs)).size).toBe(5);
  });

  it('refuses two tensors of one name, a tensor of another graph, and a name that is none', () => {
    const g = new GraphBuilder();
    g.scope('a', () => g.parameter('weight', [1], zero));
    expect(() => g.scope('a', () => g.parameter('weight', [1], zero))).toThrow(/'a.weight'/);
    expect(() => g.scope('a', () => g.relu('elsewhere'))).toThrow(/Relu in layer 'a' reads 'elsewhere'/);
    expect(() => g.scope('a/b', () => '')).toThrow(EngineError);
    expect(() => g.build(['nowhere'])).toThrow(/'nowhere'/);
    expect(() => g.constant({ dtype: 'float32', shape: [3], data: new Float32Array(2) })).toThrow(
      /needs 3 elements, but has 2/,
    );
  });

  it('restores the layer when a body throws', () => {
    const g = new GraphBuilder();
    expect(() =>
      g.scope('a', () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(g.layer).toBe('');
  });
});

describe('pruning', () => {
  it('keeps what the outputs need and nothing else', () => {
    const g = new GraphBuilder();
    const used = g.add(g.input('x'), 1);
    g.mul(g.input('unused'), g.parameter('weight', [1], zero));
    const graph = prune(g.build([used]));
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Add']);
    expect(graph.inputs).toEqual(['x']);
    expect(graph.parameters).toEqual([]);
    expect(graph.constants.size).toBe(1);
  });
});
