// What callbacks keep is stored as a net is: large tensors are blobs of their own, which stay as long as something may go on from them.
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { arrays, callback, type Callback, ema, type Model, mse, sgd, type Store, stream } from '@reprise/core';
import { openStore, rebuildStore } from '@reprise/store';
import { expect, test } from 'vitest';
import { decodeManifest } from '../../packages/core/src/state/manifest.js';
import { abortedAfterSteps } from '../support/aborts.js';
import { type Session, session } from '../support/session.js';
import { end, script, train, trains, val } from './called.js';

/** 40 KB of float32: above what rides in a manifest. */
const width = 10_000;
const data = (() => {
  const input = new Float32Array(12 * width);
  stream(3, 'test/wide').fillUniform(input, -0.01, 0.01);
  const target = Float32Array.from({ length: 12 }, (_, i) => i / 12);
  return arrays({ input: { data: input, shape: [width] }, target: { data: target, shape: [1] } });
})();
const stepsAnEpoch = 3;

const wide =
  (signal?: AbortSignal, epochs = 3) =>
  async (model: Model) => {
    const result = await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.5 }) });
      return cp.train(data, data, {
        epochs,
        batchSize: 4,
        callbacks: [ema({ decay: 0.9 })],
        loadBest: true,
        snapshots: { every: { steps: 1 } },
        ...(signal === undefined ? {} : { signal }),
      });
    });
    const history = result.history.map((epoch) => ({ ...epoch, time: 0 }));
    return { result: { ...result, history }, digest: await model.checkpoint(1).stateDigest() };
  };

const run = (at: Session, signal?: AbortSignal, epochs?: number) =>
  at.run(wide(signal, epochs), { hparams: { width } });

async function inStore<T>({ folder }: Session, body: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(join(folder, 'store'));
  try {
    return await body(store);
  } finally {
    await store.close();
  }
}

async function interrupted(after: number): Promise<Session> {
  const at = await session();
  await expect(run(at, abortedAfterSteps(at.counts, after))).rejects.toThrow('stopped by the test');
  return at;
}

/** Files of blobs as large as the parameters. */
async function tensorFiles({ folder }: Session): Promise<readonly string[]> {
  const blobs = join(folder, 'store', 'blobs');
  const names = (await readdir(blobs, { recursive: true })).map((name) => join(blobs, name));
  const sizes = await Promise.all(names.map(async (path) => (await stat(path)).size));
  return names.filter((path, i) => sizes[i] === 4 * width && /[0-9a-f]{64}$/.test(path));
}

test.each([2, stepsAnEpoch, stepsAnEpoch + 2])(
  'garbage collection leaves what a train that was stopped after %i steps needs, and its end is that of an uninterrupted one',
  async (after) => {
    const whole = await run(await session());
    const at = await interrupted(after);
    await inStore(at, async ({ upkeep }) => {
      expect((await upkeep.verify({ full: true })).damages).toEqual([]);
      await upkeep.collect({ grace: 0, superseded: 0 });
      expect((await upkeep.verify({ full: true })).damages).toEqual([]);
    });
    const before = at.counts.steps;
    expect(await run(at)).toEqual(whole);
    expect(at.counts.steps - before).toBe(3 * stepsAnEpoch - after);
  },
);

test('a train that has ended keeps what more epochs go on from, and nothing of its snapshots beside it', async () => {
  const at = await session();
  await run(at, undefined, 2);
  const kept = await tensorFiles(at);
  // Its state, which is averages; the optimizer's; and the parameters, their averages and the optimizer's state of its end.
  expect(kept.length).toBeLessThanOrEqual(6);
  await inStore(at, async ({ upkeep }) => {
    expect((await upkeep.collect({ grace: 0 })).freed.unreferenced.count).toBe(0);
    expect((await upkeep.verify({ full: true })).damages).toEqual([]);
  });
  const before = at.counts.steps;
  expect(await run(at)).toEqual(await run(await session()));
  expect(at.counts.steps - before).toBe(stepsAnEpoch);
});

test.each(['missing', 'corrupt'] as const)(
  'an average whose file is %s is found, and the train begins from what can be read',
  async (kind) => {
    const at = await interrupted(stepsAnEpoch + 1);
    const part = await inStore(at, async ({ log, blobs }) => {
      const [snapshot] = await log.snapshots({ running: true });
      const { statefuls } = decodeManifest(await blobs.get(snapshot!.state));
      const { parts } = statefuls!['callbacks/ema']!.tensors['of/w'] as { readonly parts: readonly string[] };
      expect(parts).toHaveLength(1);
      return parts[0]!;
    });
    const path = (await tensorFiles(at)).find((file) => part.endsWith(file.slice(-64)))!;
    await chmod(path, 0o644);
    if (kind === 'missing') await rm(path);
    else {
      const bytes = await readFile(path);
      bytes[100] = bytes[100]! ^ 1;
      await writeFile(path, bytes);
    }
    await inStore(at, async ({ upkeep }) => {
      const { damages } = await upkeep.verify({ full: true });
      expect(damages.map((damage) => [damage.kind, damage.path])).toEqual([[kind, path]]);
    });
    at.printed.length = 0;
    expect(await run(at)).toEqual(await run(await session()));
    expect(at.printed.join('')).toMatch(/can't be read, so it was not gone on with/);
    await inStore(at, async ({ upkeep }) => {
      await upkeep.repair();
      expect((await upkeep.verify({ full: true })).damages).toEqual([]);
    });
  },
);

test('a log that is made anew has the end of a train with callbacks, and its state', async () => {
  const at = await session();
  const first = await run(at, undefined, 2);
  await rm(join(at.folder, 'store', 'log.db'));
  await rebuildStore(join(at.folder, 'store'));
  const { steps } = at.counts;
  expect(await run(at, undefined, 2)).toEqual(first);
  expect(at.counts.steps).toBe(steps);
  await inStore(at, async ({ upkeep }) => expect((await upkeep.verify({ full: true })).damages).toEqual([]));
});

test('a state after a train has nothing of callbacks: it is the one that would be there without them', async () => {
  const idle: readonly Callback[] = [
    callback('idle', {
      state: { seen: 0 },
      onStepEnd(ctx, state) {
        state.seen += ctx.step;
      },
    }),
    callback('looks', { observes: true, onStepEnd: (ctx) => ctx.log('k', ctx.loss) }),
  ];
  const [plain, watched] = [await trains(await session(), []), await trains(await session(), idle)];
  expect(watched.digest).toBe(plain.digest);
  expect(end(watched)).toMatchObject({ result: { history: plain.result.history } });
});

test('each kept snapshot can be gone on from, whatever came later', async () => {
  const at = await session();
  const given = { snapshots: { every: { epochs: 1 }, keep: { every: 1 } }, epochs: 5 };
  const own = (): readonly Callback[] => [ema({ decay: 0.8 })];
  await trains(at, own(), given);
  for (const epochs of [4, 1, 3, 2]) {
    const less = await trains(at, own(), { ...given, epochs });
    expect(less.steps).toBe(0);
    expect(end(less)).toEqual(end(await trains(await session(), own(), { ...given, epochs })));
  }
});

test('an evaluation of a state with callbacks in it needs none of them', async () => {
  const at = await session();
  const score = await at.run(async (model) => {
    await script([ema({ decay: 0.5 })])(model);
    return model.checkpoint(1).evaluate(val);
  });
  const again = await at.run(async (model) => {
    await script([ema({ decay: 0.5 })])(model);
    return [await model.checkpoint(1).evaluate(val), await model.checkpoint(1).evaluate(train)];
  });
  expect(again[0]).toEqual(score);
});
