import { sizeOf } from '@reprise/core';
import type { DType, Tensor } from '@reprise/core';
import { constantKey, intTensor, scalarTensor } from './constants.js';
import { EngineError } from './engine-error.js';
import type { Attribute, Graph, Initializer, Node, Parameter, TensorName } from './graph.js';

type Attributes = Readonly<Record<string, Attribute>>;

/**
 * Appends nodes to a graph, in ONNX's words (operator set 17). It knows no shapes: what depends on them is written with the
 * operators that work for any (`flatten`, `reshape` with 0 and −1). The same calls give the same graph, names included.
 * `GraphBuilder` adds a method per operator.
 */
export class NodeBuilder {
  readonly #nodes: Node[] = [];
  readonly #inputs: TensorName[] = [];
  readonly #parameters: Parameter[] = [];
  readonly #constants = new Map<TensorName, Tensor>();
  readonly #constantNames = new Map<string, TensorName>();
  readonly #taken = new Set<string>();
  readonly #counts = new Map<string, number>();
  #layer = '';

  /** With a graph, goes on where it ends; the graph itself stays as it is. */
  constructor(graph?: Graph) {
    if (!graph) return;
    for (const name of graph.inputs) this.#inputs.push(this.#take(name));
    for (const parameter of graph.parameters) {
      this.#parameters.push(parameter);
      this.#take(parameter.name);
    }
    for (const [name, tensor] of graph.constants) {
      this.#constants.set(this.#take(name), tensor);
      this.#constantNames.set(constantKey(tensor), name);
    }
    for (const node of graph.nodes) {
      this.#nodes.push(node);
      for (const name of node.outputs) if (name) this.#take(name);
    }
  }

  /** The layer that nodes are being added for: `block1.conv`; empty outside of any. */
  get layer(): string {
    return this.#layer;
  }

  /** The element type that a plain number takes beside this tensor. */
  protected numberType(_beside: TensorName): DType {
    return 'float32';
  }

  /** Runs `body` inside a layer: parameters made there are called `layer.weight`, nodes carry its name. Nests. */
  scope<T>(name: string, body: () => T): T {
    if (!/^[\w-]+(\.[\w-]+)*$/.test(name)) {
      throw new EngineError('ENGINE_BUILD', `'${name}' can't name a layer: use letters, digits, '_' and '-'.`);
    }
    const outer = this.#layer;
    this.#layer = outer ? `${outer}.${name}` : name;
    try {
      return body();
    } finally {
      this.#layer = outer;
    }
  }

  /** A name for a layer that was given none: `linear1`, `linear2`, counted by kind within the layer around it. */
  numbered(kind: string): string {
    return `${kind}${this.#count(`${this.#layer}#${kind}`)}`;
  }

  /** Runs `body` with nodes stamped as this layer's, whatever layer is open: for rewriting a graph that has its layers already. */
  within<T>(layer: string, body: () => T): T {
    const outer = this.#layer;
    this.#layer = layer;
    try {
      return body();
    } finally {
      this.#layer = outer;
    }
  }

  /** An input of the graph: a tensor of the batch. Asked for twice, it is the same one. */
  input(name: string): TensorName {
    if (!this.#inputs.includes(name)) this.#inputs.push(this.#take(name));
    return name;
  }

  /** A trained tensor, named `layer.name`. */
  parameter(name: string, shape: readonly number[], init: Initializer, dtype: DType = 'float32'): TensorName {
    return this.#parameter({ name: this.#qualified(name), dtype, shape, init, kind: 'parameter' });
  }

  /** State that no gradient reaches, such as a running mean. */
  buffer(name: string, shape: readonly number[], init: Initializer, dtype: DType = 'float32'): TensorName {
    return this.#parameter({ name: this.#qualified(name), dtype, shape, init, kind: 'buffer' });
  }

  /** A small tensor that never changes. Equal ones are kept once. */
  constant(tensor: Tensor): TensorName {
    if (tensor.data.length !== sizeOf(tensor.shape)) {
      throw new EngineError(
        'ENGINE_BUILD',
        `A constant of shape [${tensor.shape.join(', ')}] needs ${sizeOf(tensor.shape)} elements, but has ${tensor.data.length}.`,
        { layer: this.#layer },
      );
    }
    const key = constantKey(tensor);
    const known = this.#constantNames.get(key);
    if (known !== undefined) return known;
    const name = this.#fresh('const');
    this.#constants.set(name, tensor);
    this.#constantNames.set(key, name);
    return name;
  }

  /** A constant without dimensions. */
  scalar(value: number, dtype: DType = 'float32'): TensorName {
    return this.constant(scalarTensor(value, dtype));
  }

  /** A constant row of int64: axes, sizes, pads. */
  ints(values: readonly number[]): TensorName {
    return this.constant(intTensor(values));
  }

  /** The value of a constant of this graph; undefined for every other tensor. */
  constantOf(name: TensorName): Tensor | undefined {
    return this.#constants.get(name);
  }

  /** Adds a node with one output and returns that. An empty name is an optional input left out. */
  op(type: string, inputs: readonly TensorName[], attributes: Attributes = {}): TensorName {
    return this.opN(type, inputs, attributes, 1)[0] as TensorName;
  }

  /** Adds a node with `outputs` outputs. */
  opN(type: string, inputs: readonly TensorName[], attributes: Attributes, outputs: number): readonly TensorName[] {
    const missing = inputs.find((name) => name !== '' && !this.#taken.has(name));
    if (missing !== undefined) {
      throw new EngineError(
        'ENGINE_BUILD',
        `${type}${this.#layer && ` in layer '${this.#layer}'`} reads '${missing}', which this graph doesn't have. ` +
          'Give it a tensor that came from the same builder.',
        { layer: this.#layer, op: type },
      );
    }
    const names = Array.from({ length: outputs }, () => this.#fresh(type));
    this.append({ op: type, inputs, outputs: names, attributes, layer: this.#layer });
    return names;
  }

  /** The graph so far, with these outputs. The builder can go on. */
  build(outputs: readonly TensorName[]): Graph {
    const missing = outputs.find((name) => !this.#taken.has(name));
    if (missing !== undefined)
      throw new EngineError('ENGINE_BUILD', `The output '${missing}' is no tensor of this graph.`);
    return {
      inputs: [...this.#inputs],
      outputs: [...outputs],
      nodes: [...this.#nodes],
      parameters: [...this.#parameters],
      constants: new Map(this.#constants),
    };
  }

  protected append(node: Node): void {
    this.#nodes.push(node);
  }

  #qualified(name: string): string {
    return this.#layer ? `${this.#layer}.${name}` : name;
  }

  #parameter(parameter: Parameter): TensorName {
    this.#take(parameter.name);
    this.#parameters.push(parameter);
    return parameter.name;
  }

  #take(name: string): string {
    if (name === '' || this.#taken.has(name)) {
      throw new EngineError(
        'ENGINE_BUILD',
        name ? `Two tensors are called '${name}': give the layers different names.` : 'A tensor needs a name.',
        { layer: this.#layer },
      );
    }
    this.#taken.add(name);
    return name;
  }

  #fresh(type: string): TensorName {
    return this.#take(this.freeName(type));
  }

  /** A name in the current layer that nothing has yet: `hidden/Relu_1`. */
  protected freeName(type: string): TensorName {
    const base = this.#layer ? `${this.#layer}/${type}` : type;
    for (;;) {
      const name = `${base}_${this.#count(base)}`;
      if (!this.#taken.has(name)) return name;
    }
  }

  #count(key: string): number {
    const next = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, next);
    return next;
  }
}
