import { adam, arrays, crossEntropy, Model } from 'reprise';
import { digits } from '../../data/mnist.js';
import { inTemporaryFolder } from '../../harness/folder.js';
import { serve } from '../../harness/serve.js';
import { batchSize, engines, type NetName, nets } from '../nets.js';

/**
 * Serves epochs as a user trains them: reprise's own train(), shuffled, with the loss reported.
 * @param note what to say of each, from its mean loss
 */
export function serveEpochs(name: NetName, note: (loss: number) => string): Promise<void> {
  const { samples, shape } = nets[name];
  const { pixels, labels } = digits(samples);
  const train = arrays({ input: { data: pixels, shape }, target: labels });
  return inTemporaryFolder(async (store) => {
    const model = await Model.open(name, engines[name], { store });
    await model.checkpoint(1, (cp) => cp.setup({ loss: crossEntropy(), optimizer: adam({ lr: 1e-3 }) }));
    await serve(async () => {
      const { history } = await model.train(train, { epochs: 1, batchSize, progress: 'silent' });
      return note(history[0]!.train.loss);
    });
    await model.close();
  });
}
