import { adam, arrays, crossEntropy, Model, openStore, type Store } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { decode } from '@reprise/core';
import { atMost, type Figure, number, reported } from '../harness/figures.js';
import { inTemporaryFolder } from '../harness/folder.js';
import { digits } from '../data/mnist.js';

/** Where a manifest names its tensors. */
interface Stored {
  readonly net: { readonly tensors: Tensors };
  readonly optimizer: { readonly state: { readonly tensors: Tensors } | null } | null;
}
type Tensors = Readonly<Record<string, { readonly parts?: readonly string[] }>>;

/** What a fork adds to the store where the backbone that it stands on is frozen. */
export function forkBench(): Promise<Figure[]> {
  return inTemporaryFolder(async (folder) => {
    const store = await openStore(folder);
    const { pixels, labels } = digits(1_024);
    const data = arrays({ input: { data: pixels, shape: [784] }, target: labels });
    const net = { backbone: nn.linear(784, 512), act: nn.relu(), head: nn.linear(512, 10) };
    const model = await Model.open(
      'fork',
      onnx(() => nn.sequential(net)),
      { store },
    );
    const options = { epochs: 1, batchSize: 64, progress: 'silent' } as const;
    await model.checkpoint('base', async (cp) => {
      await cp.setup({ loss: crossEntropy(), optimizer: adam() });
      await cp.train(data, options);
    });
    const before = await blobs(store);
    await model.checkpoint('fork', { from: 'base' }, (cp) => cp.train(data, { ...options, freeze: ['backbone.*'] }));
    const after = await blobs(store);
    const state = decode(await store.blobs.get(await model.checkpoint('fork').stateDigest())) as unknown as Stored;
    await model.close();
    await store.close();

    const added = new Map([...after].filter(([digest]) => !before.has(digest)));
    const frozen = partsOf(state, 'backbone.').filter((digest) => added.has(digest));
    if (partsOf(state, 'backbone.').length < 3)
      throw new Error('The backbone should be some blobs: weight and moments.');
    return [
      atMost(0, 'blobs that a fork adds for frozen tensors', frozen.length),
      atMost(0, 'bytes that a fork adds for frozen tensors', total(frozen.map((digest) => added.get(digest) ?? 0))),
      reported(
        'bytes that the fork adds in all',
        total(added.values()),
        `${number(added.size)} blobs: the manifest with the head, and the call`,
      ),
      reported('bytes of the store before it', total(before.values())),
    ];
  });
}

async function blobs(store: Store): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for await (const { digest, size } of store.blobs.list()) found.set(digest, size);
  return found;
}

/** The blobs of a layer's parameters, and of what the optimizer keeps beside them. */
function partsOf({ net, optimizer }: Stored, layer: string): string[] {
  return Object.entries({ ...net.tensors, ...optimizer?.state?.tensors })
    .filter(([name]) => name.startsWith(layer))
    .flatMap(([, { parts }]) => parts ?? []);
}

function total(sizes: Iterable<number>): number {
  return [...sizes].reduce((sum, size) => sum + size, 0);
}
