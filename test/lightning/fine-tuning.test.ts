// Lightning's BackboneFinetuning: a backbone that is frozen for some epochs, and then learns at a rate of its own. Here that is two trains.
import { adam, arrays, crossEntropy, type NetStateDict } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { expect, test } from 'vitest';
import { netSession } from '../support/net-session.js';

const net = onnx(() => nn.sequential({ backbone: nn.linear(2, 4), act: nn.tanh(), head: nn.linear(4, 2) }));
const data = arrays({
  input: { data: Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)), shape: [2] },
  target: Uint8Array.from({ length: 32 }, (_, i) => i % 2),
});
const anEpoch = { epochs: 1, batchSize: 8, progress: 'silent' } as const;

test('a backbone stays bit for bit while it is frozen, and learns in the next block at its own rate', async () => {
  const { run } = await netSession(net);
  await run(async (model) => {
    const part = (dict: NetStateDict, name: string) =>
      Object.fromEntries(Object.entries(dict).filter(([key]) => key.startsWith(name)));
    const untrained = await model.stateDict();
    await model.checkpoint('head', async (cp) => {
      await cp.setup({ loss: crossEntropy(), optimizer: adam({ lr: 0.01 }) });
      await cp.train(data, { ...anEpoch, freeze: ['backbone.*'] });
    });
    const head = await model.stateDict();
    expect(part(head, 'backbone')).toEqual(part(untrained, 'backbone'));
    expect(part(head, 'head')).not.toEqual(part(untrained, 'head'));

    await model.checkpoint('all', async (cp) => {
      await cp.setup({ optimizer: adam({ lr: 0.01, groups: [{ parameters: ['backbone.*'], lr: 0.001 }] }) });
      await cp.train(data, anEpoch);
    });
    const all = await model.stateDict();
    // Four steps of Adam, each about as long as its rate.
    const moved = (name: string): number => {
      const [before, after] = [head, all].map((dict) => dict[name]?.data as Float32Array) as [
        Float32Array,
        Float32Array,
      ];
      return Math.max(...after.map((value, i) => Math.abs(value - (before[i] as number))));
    };
    expect(moved('backbone.weight')).toBeGreaterThan(0);
    expect(moved('backbone.weight')).toBeLessThanOrEqual(4 * 0.001 * 1.01);
    expect(moved('head.weight')).toBeGreaterThan(4 * 0.001 * 1.01);
  });
});
