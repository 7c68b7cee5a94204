// Clipping decides what a train comes to: a call with it is another call, and one without is the call that was recorded before there was any.
import { mse, sgd } from '@reprise/core';
import { expect, test } from 'vitest';
import { line, session } from '../support/session.js';

const train = line(16);

test('a clip added, changed and taken away is a divergence each time, and says so', async () => {
  const { run } = await session();
  const script = (clip?: { readonly norm: number }) => (model: Parameters<Parameters<typeof run>[0]>[0]) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await cp.train(train, { epochs: 1, batchSize: 8, progress: 'silent', ...(clip && { clip }) });
    });
  await run(script());
  await expect(run(script({ norm: 1 }))).rejects.toThrow(/clip/);
  await run(script({ norm: 1 }), { onDivergence: 'rerun' });
  await run(script({ norm: 1 }));
  await expect(run(script({ norm: 2 }))).rejects.toThrow(/clip.*1.*2/s);
  // What was recorded without is adopted again.
  await run(script());
});
