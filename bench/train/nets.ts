import { nn, onnx } from '@reprise/onnx';
import type { Engine } from 'reprise';

/** What every contender trains: the same layers, Adam at 1e-3, batches of 64, on so many digits an epoch. */
export interface Net {
  readonly title: string;
  readonly samples: number;
  /** Of one image. */
  readonly shape: readonly number[];
}

export type NetName = 'mlp' | 'cnn';

export const batchSize = 64;

export const nets: Readonly<Record<NetName, Net>> = {
  mlp: { title: 'MLP 784-128-10', samples: 60_000, shape: [784] },
  cnn: { title: 'CNN 8-16', samples: 12_000, shape: [1, 28, 28] },
};

export function netName(text: string | undefined): NetName {
  if (text === 'mlp' || text === 'cnn') return text;
  throw new Error(`A net is called mlp or cnn, not ${text}.`);
}

export const engines: Readonly<Record<NetName, Engine<undefined>>> = {
  mlp: onnx(() => nn.sequential({ hidden: nn.linear(784, 128), act: nn.relu(), head: nn.linear(128, 10) })),
  cnn: onnx(() =>
    nn.sequential({
      conv1: nn.conv2d(1, 8, 3),
      relu1: nn.relu(),
      pool1: nn.maxPool2d(2),
      conv2: nn.conv2d(8, 16, 3),
      relu2: nn.relu(),
      pool2: nn.maxPool2d(2),
      flat: nn.flatten(),
      head: nn.linear(400, 10),
    }),
  ),
};
