import { refuse } from '@reprise/core';
import type { GraphBuilder } from '../graph/builder.js';
import type { TensorName } from '../graph/graph.js';
import { checkLayer, isLayer } from './checks.js';
import type { Layer } from './layer.js';

/**
 * Layers one after the other, by name (`nn.sequential({ hidden: nn.linear(784, 128), … })`) or, unnamed, called by kind and count
 * (`linear1`, `relu1`, `linear2`). Parameters are `hidden.weight`; state goes by those names, so a layer can be moved or put between.
 * @throws OptionError `INVALID_OPTION`
 */
export function sequential(layers: { readonly [name: string]: Layer }): Layer;
export function sequential(...layers: readonly Layer[]): Layer;
export function sequential(...given: readonly unknown[]): Layer {
  const [first] = given;
  const named = given.length === 1 && typeof first === 'object' && first !== null && !isLayer(first);
  const layers: readonly (readonly [string | undefined, unknown])[] = named
    ? Object.entries(first)
    : given.map((layer) => [undefined, layer]);
  if (layers.length === 0) refuse('nn.sequential', 'layers', 'at least one layer', undefined);
  const checked = layers.map(([name, layer], index) => {
    checkLayer('nn.sequential', name ?? `layer ${index + 1}`, layer);
    // A name that is a number would be moved to the front by JavaScript, out of its order.
    if (name !== undefined && /^\d+$/.test(name))
      refuse('nn.sequential', 'name', 'a word: numbers lose their order', name);
    return { name, layer };
  });
  return {
    kind: 'sequential',
    build: (g, x) => checked.reduce((tensor, { name, layer }) => apply(g, layer, tensor, name), x),
  };
}

/**
 * y = layer(x) + shortcut(x), the shortcut being x itself where none is given. Parameters are `body.…` and `shortcut.…`.
 * @throws OptionError `INVALID_OPTION`
 */
export function residual(layer: Layer, shortcut?: Layer): Layer {
  checkLayer('nn.residual', 'layer', layer);
  if (shortcut !== undefined) checkLayer('nn.residual', 'shortcut', shortcut);
  return {
    kind: 'residual',
    build(g, x) {
      const body = apply(g, layer, x, 'body');
      return g.add(body, shortcut === undefined ? x : apply(g, shortcut, x, 'shortcut'));
    },
  };
}

/** Puts a layer into a graph under a name (or by kind and count): what `nn.graph` functions call. Returns its output. */
export function apply(g: GraphBuilder, layer: Layer, input: TensorName, name?: string): TensorName {
  return g.scope(name ?? g.numbered(layer.kind), () => layer.build(g, input));
}
