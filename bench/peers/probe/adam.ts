import type { GraphWriter } from './graph-writer.js';
import type { HandWritten } from './nets.js';

/** A training step as one graph: the net's two passes, then Adam as nodes. Returns the model's bytes. */
export function writeStep(g: GraphWriter, { parameters, input, write }: HandWritten, batch: number): Uint8Array {
  const gradients = write(g);
  const [keep1, keep2, share1, share2, epsilon] = [0.9, 0.999, 0.1, 0.001, 1e-7].map((value) => g.f32(value)) as [
    string,
    string,
    string,
    string,
    string,
  ];
  g.input('x', input);
  g.input('y', [batch, 10]);
  for (const scalar of ['lr', 'bias1', 'bias2']) g.input(scalar, []);
  for (const [name, dims] of Object.entries(parameters)) {
    const gradient = gradients[name]!;
    for (const slot of ['', '.m', '.v']) g.input(name + slot, dims);
    const m = g.op('Add', [g.op('Mul', [`${name}.m`, keep1]), g.op('Mul', [gradient, share1])]);
    const square = g.op('Mul', [gradient, gradient]);
    const v = g.op('Add', [g.op('Mul', [`${name}.v`, keep2]), g.op('Mul', [square, share2])]);
    const root = g.op('Sqrt', [g.op('Div', [v, 'bias2'])]);
    const step = g.op('Div', [g.op('Mul', ['lr', g.op('Div', [m, 'bias1'])]), g.op('Add', [root, epsilon])]);
    g.output(g.op('Sub', [name, step]), `${name}'`, dims);
    g.output(m, `${name}.m'`, dims);
    g.output(v, `${name}.v'`, dims);
  }
  return g.bytes();
}
