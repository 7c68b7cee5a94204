import { expect, test } from 'vitest';
import { type Edit, type Runner, Script, stripsTypes } from '../support/script.js';

interface Outcome {
  readonly steps: number;
  readonly score?: { readonly accuracy: number };
  readonly digest?: string;
  readonly error?: string;
}

const rate: Edit = ['adam({ lr: 0.01 })', 'adam({ lr: 0.02 })'];
const rerun: Edit = ['threads: 1 }', "threads: 1, onDivergence: 'rerun' }"];
/** 192 samples in batches of 64: 3 steps an epoch, 4 epochs in all. */
const all = 12;

test('an afternoon of edits computes only what is new', { timeout: 300_000 }, async () => {
  const script = await Script.open(new URL('script.ts', import.meta.url));
  const run = async (edits: readonly Edit[] = [], runner: Runner = 'tsx'): Promise<Outcome> =>
    (await script.run<Outcome>(edits, { runner })).value;

  const first = await run();
  expect(first.steps).toBe(all);
  expect(await run(), 'unchanged').toEqual({ ...first, steps: 0 });

  expect(await run([rate]), 'lr changed').toEqual({ steps: 0, error: 'DIVERGENCE' });
  const changed = await run([rate, rerun]);
  expect(changed, 'rerun').toMatchObject({ steps: all });
  expect(changed.digest).not.toBe(first.digest);
  expect(await run(), 'changed back').toEqual({ ...first, steps: 0 });

  const layer: Edit = ['head: nn.linear(h.width, 2)', 'more: nn.linear(h.width, h.width), head: nn.linear(h.width, 2)'];
  expect(await run([layer]), 'a layer added').toEqual({ steps: 0, error: 'DIVERGENCE' });
  expect(await run([layer, rerun])).toMatchObject({ steps: all });
  const width: Edit = ['{ width: 8 }', '{ width: 16 }'];
  expect(await run([width]), 'a width in hparams changed').toEqual({ steps: 0, error: 'DIVERGENCE' });
  expect(await run([width, rerun])).toMatchObject({ steps: all });
  expect(await run(), 'undone').toEqual({ ...first, steps: 0 });

  const metric: Edit = ['metrics: [margin], progress', 'metrics: [margin, accuracy()], progress'];
  expect(await run([metric]), 'a metric added').toEqual({ ...first, steps: 0 });
  const renamed: Edit = ["checkpoint('first'", "checkpoint('Adam, 3 epochs'"];
  expect(await run([renamed]), 'a checkpoint renamed').toEqual({ ...first, steps: 0 });
  const inserted: Edit = ['  const score =', "  await model.checkpoint('first').evaluate(train);\n  const score ="];
  expect(await run([inserted]), 'an evaluate inserted before another').toEqual({ ...first, steps: 0 });
  const comment: Edit = ['    return total;', '    // the sum so far\n    return total;'];
  const local: Edit = ['scaled', 'doubled'];
  expect(await run([comment, local]), 'a comment added, a variable renamed').toEqual({ ...first, steps: 0 });
  expect(await run([], 'tsc'), 'tsx exchanged for compiled JavaScript').toEqual({ ...first, steps: 0 });

  const behaviour: Edit = ['value * 2', 'value * 3'];
  expect(await run([behaviour]), 'what a map computes changed').toEqual({ steps: 0, error: 'DIVERGENCE' });
});

test.skipIf(!stripsTypes)(
  "what tsx recorded replays under Node's own type stripping",
  { timeout: 120_000 },
  async () => {
    const script = await Script.open(new URL('script.ts', import.meta.url));
    const first = (await script.run<Outcome>()).value;
    expect(first.steps).toBe(all);
    expect((await script.run<Outcome>([], { runner: 'node' })).value).toEqual({ ...first, steps: 0 });
  },
);
