import { join } from 'node:path';
import { DivergenceError, mse, sgd } from '@reprise/core';
import { type Layer, type Net, nn, onnx } from '@reprise/onnx';
import { Model, openStore } from 'reprise';
import { describe, expect, it } from 'vitest';
import { line, temporaryFolder } from '../support/session.js';

/** What is said where a model was trained on one net and the script then builds another. */
async function said(recorded: Layer | Net, called: Layer | Net): Promise<string> {
  const store = await openStore(join(await temporaryFolder(), 'store'));
  const run = async (net: Layer | Net): Promise<void> => {
    const model = await Model.open(
      'm',
      onnx(() => net),
      { store, threads: 1 },
    );
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd() });
      await cp.train(line(8), { epochs: 1, progress: 'silent' });
    });
    await model.close();
  };
  try {
    await run(recorded);
    const error = await run(called).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DivergenceError);
    return (error as DivergenceError).message;
  } finally {
    await store.close();
  }
}

describe('a divergence that began with the net', () => {
  it('names the layer that is another, and what it was', async () => {
    const net = (slope: number) =>
      nn.sequential({ hidden: nn.linear(3, 4), act: nn.leakyRelu({ slope }), head: nn.linear(4, 1) });
    const message = await said(net(0.1), net(0.2));
    expect(message).toContain('net.act LeakyRelu(hidden, alpha 0.1) → LeakyRelu(hidden, alpha 0.2)');
    expect(message).not.toContain('net.head');
  });

  it('tells a layer from a parameter of the same name', async () => {
    const net = (layer: Layer) =>
      nn.graph((g, { input }) => {
        const weight = g.parameter('scale', [3, 1], { kind: 'ones', args: {} });
        return g.matMul(nn.apply(g, layer, input, 'scale'), weight);
      });
    const message = await said(net(nn.relu()), net(nn.tanh()));
    expect(message).toContain('net.scale (layer) Relu(input) → Tanh(input)');
  });
});
