import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
const float = 1;
const int64 = 7;

type Attribute = string | number | readonly number[];

/** Writes an ONNX graph node by node. */
export class GraphWriter {
  readonly #nodes: object[] = [];
  readonly #initializers: object[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];
  #serial = 0;

  op(opType: string, input: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const name = this.#fresh('t');
    this.#nodes.push({ opType, input, output: [name], attribute: Object.entries(attributes).map(attributeOf) });
    return name;
  }

  f32(values: number | readonly number[], dims: readonly number[] = []): string {
    const name = this.#fresh('c');
    this.#initializers.push({ name, dataType: float, dims, floatData: [values].flat() });
    return name;
  }

  i64(...values: readonly number[]): string {
    const name = this.#fresh('c');
    this.#initializers.push({ name, dataType: int64, dims: [values.length], int64Data: values });
    return name;
  }

  input(name: string, dims: readonly number[]): void {
    this.#inputs.push(valueInfo(name, dims));
  }

  output(tensor: string, name: string, dims: readonly number[]): void {
    this.#nodes.push({ opType: 'Identity', input: [tensor], output: [name] });
    this.#outputs.push(valueInfo(name, dims));
  }

  bytes(): Uint8Array {
    const graph = {
      name: 'step',
      node: this.#nodes,
      initializer: this.#initializers,
      input: this.#inputs,
      output: this.#outputs,
    };
    const model = onnx.ModelProto.fromObject({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph });
    return onnx.ModelProto.encode(model).finish();
  }

  #fresh(prefix: string): string {
    return `${prefix}${this.#serial++}`;
  }
}

function valueInfo(name: string, dims: readonly number[]): object {
  return { name, type: { tensorType: { elemType: float, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } } };
}

function attributeOf([name, value]: readonly [string, Attribute]): object {
  if (typeof value === 'string') return { name, type: 3, s: Buffer.from(value) };
  if (typeof value === 'object') return { name, type: 7, ints: value };
  return Number.isInteger(value) ? { name, type: 2, i: value } : { name, type: 1, f: value };
}
