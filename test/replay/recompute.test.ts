// DESIGN, section 5: ops whose state can't be read are computed again from the nearest good ancestor, when the script runs.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Engine, type Model, mse, openModel, type OpenOptions, sgd, type StateDigest } from '@reprise/core';
import { openStore } from '@reprise/store';
import { expect, test } from 'vitest';
import { line, temporaryFolder } from '../support/session.js';
import { type Counts, toyEngine } from '../support/toy-engine.js';

const train = line(16);
const options = { epochs: 1, batchSize: 8 } as const;
const stepsOfOne = 2;

interface Machine {
  readonly folder: string;
  readonly counts: Counts;
  readonly printed: string[];
  /** What this machine's arithmetic is off by. */
  drift: number;
  run<T>(script: (model: Model) => Promise<T>, more?: Partial<OpenOptions<{ width: number }>>): Promise<T>;
}

async function machine(): Promise<Machine> {
  const folder = await temporaryFolder();
  const counts = { loads: 0, steps: 0, evaluations: 0 };
  const printed: string[] = [];
  const self: Machine = {
    folder,
    counts,
    printed,
    drift: 0,
    run: async (body, more = {}) => {
      const store = await openStore(join(folder, 'store'));
      const model = await openModel(
        'toy',
        drifting(toyEngine(counts), () => self.drift),
        { hparams: { width: 3 }, ...more },
        {
          store,
          host: {
            output: { write: (text) => void printed.push(text), isTerminal: false, columns: 80 },
            now: () => Date.now(),
            elapsed: () => performance.now(),
            provenance: {},
            availableThreads: 1,
            writeFile: async () => undefined,
            sleep: async () => undefined,
          },
          plotter: { metrics: async () => ({ lines: [], svg: '' }) },
          ownsStore: true,
        },
      );
      try {
        return await body(model);
      } finally {
        await model.close();
      }
    },
  };
  return self;
}

function drifting(engine: Engine<{ width: number }>, drift: () => number): Engine<{ width: number }> {
  return {
    ...engine,
    load: async (net, given) => {
      const loaded = await engine.load(net, given);
      return {
        ...loaded,
        trainer: async (spec) => {
          const trainer = await loaded.trainer(spec);
          return { ...trainer, step: (batch, input) => trainer.step(batch, { ...input, lr: input.lr + drift() }) };
        },
      };
    },
  };
}

/** Two checkpoints, two trains and one, and the states after them. */
async function script(model: Model): Promise<readonly StateDigest[]> {
  const states: StateDigest[] = [];
  await model.checkpoint(1, async (cp) => {
    await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
    await cp.train(train, options);
    states.push(await model.checkpoint(1).stateDigest());
    await cp.train(train, options);
  });
  states.push(await model.checkpoint(1).stateDigest());
  await model.checkpoint(2, async (cp) => {
    await cp.setup({ optimizer: sgd({ lr: 0.05 }) });
    await cp.train(train, options);
  });
  states.push(await model.checkpoint(2).stateDigest());
  return states;
}

/** Removes the bytes of states; with `noticed`, somebody has met that since. */
async function lose({ folder }: Machine, states: readonly (string | undefined)[], noticed: boolean): Promise<void> {
  const store = await openStore(join(folder, 'store'));
  for (const state of states) {
    const hex = (state as string).slice('blake3-'.length);
    await rm(join(folder, 'store', 'blobs', hex.slice(0, 2), hex));
    if (noticed) await expect(store.blobs.get(state as StateDigest)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
  }
  await store.close();
}

/** All states that are recorded, those of the net and the setups among them. */
async function everyState({ folder }: Machine): Promise<readonly StateDigest[]> {
  const store = await openStore(join(folder, 'store'));
  const records = await Promise.all((await store.log.entries({})).map(({ record }) => store.log.record(record)));
  await store.close();
  return [...new Set(records.map((record) => record?.stateAfter ?? null))].filter((state) => state !== null);
}

test.each([true, false])(
  'an op whose state is gone (noticed before: %s) is computed again, and nothing else',
  async (noticed) => {
    const at = await machine();
    const states = await at.run(script);
    await lose(at, [states[1]], noticed);
    const before = at.counts.steps;
    const evaluated = await at.run(async (model) => {
      expect(await script(model)).toEqual(states);
      return model.checkpoint(1).evaluate(train);
    });
    expect(at.counts.steps - before).toBe(stepsOfOne);
    expect(at.printed.join('')).toMatch(/train #2 of checkpoint '1' was computed again .* It came to the same state/);
    const fresh = await machine();
    expect(evaluated).toEqual(
      await fresh.run(async (model) => {
        await script(model);
        return model.checkpoint(1).evaluate(train);
      }),
    );
    // It is whole again: nothing more is computed, and nothing said.
    at.printed.length = 0;
    const after = at.counts.steps;
    expect(await at.run(script)).toEqual(states);
    expect(at.counts.steps).toBe(after);
    expect(at.printed.join('')).not.toContain('computed again');
  },
);

test('what nobody needs is left alone until it is needed', async () => {
  const at = await machine();
  const states = await at.run(script);
  await lose(at, [states[0]], false);
  const before = at.counts.steps;
  expect(await at.run(script)).toEqual(states);
  expect(at.counts.steps).toBe(before);
});

test('a setup that is lost, on a state that is lost, is left alone as well: nothing is trained for it', async () => {
  const at = await machine();
  const states = await at.run(script);
  const store = await openStore(join(at.folder, 'store'));
  const [setup] = await store.log.entries({ checkpoint: '2', kind: 'setup' });
  const record = await store.log.record(setup!.record);
  await store.close();
  await lose(at, [record?.stateAfter ?? undefined], true);
  await lose(at, [states[1]], false);
  at.drift = 0.01;
  const before = at.counts.steps;
  expect(await at.run(script)).toEqual(states);
  expect(at.counts.steps).toBe(before);
});

test.each([true, false])(
  'with every state gone (noticed before: %s), the whole chain is computed again to the same end',
  async (noticed) => {
    const at = await machine();
    const states = await at.run(script);
    await lose(at, await everyState(at), noticed);
    const before = at.counts.steps;
    await at.run(async (model) => {
      expect(await script(model)).toEqual(states);
      await model.checkpoint(2).evaluate(train);
      await model.checkpoint(1).evaluate(train);
    });
    expect(at.counts.steps - before).toBe(3 * stepsOfOne);
  },
);

test('after a repair, one run of the script leaves nothing damaged, the states of the net and of setups among it', async () => {
  const at = await machine();
  const states = await at.run(script);
  await lose(at, await everyState(at), false);
  const store = await openStore(join(at.folder, 'store'));
  expect((await store.upkeep.repair()).snapshots).toBe(3);
  expect((await store.upkeep.verify({ full: true })).damages).not.toEqual([]);
  const before = at.counts.steps;
  expect(await at.run(script)).toEqual(states);
  expect(at.counts.steps - before).toBe(3 * stepsOfOne);
  expect((await store.upkeep.verify({ full: true })).damages).toEqual([]);
  expect(at.printed.join('')).not.toContain('A snapshot');
  await store.close();
});

test('a state whose call this script does not make fails by name', async () => {
  const at = await machine();
  const states = await at.run(script);
  await lose(at, [states[2]], false);
  await at.run(async (model) => {
    await model.loadCheckpoint(2);
    await expect(model.evaluate(train)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
  });
});

test('another end on another machine is a new op that supersedes the old: what stands on that is asked about', async () => {
  const at = await machine();
  const states = await at.run(script);
  await at.run((model) => model.tag('old', 1));
  await lose(at, [states[1]], true);
  at.drift = 1e-3;
  await expect(at.run(script)).rejects.toMatchObject({ code: 'DIVERGENCE', details: { checkpoint: '2' } });
  expect(at.printed.join('')).toContain('It came to another state than before');
  const store = await openStore(join(at.folder, 'store'));
  const of = await store.log.entries({ model: 'toy', checkpoint: '1', kind: 'train', occurrence: 1 });
  expect(of.map(({ status }) => status)).toEqual(['superseded', 'live']);
  const [old, now] = await Promise.all(of.map(({ record }) => store.log.record(record)));
  expect(old?.stateAfter).toBe(states[1]);
  expect(now?.stateAfter).not.toBe(states[1]);
  const [tag] = await store.log.tags('toy');
  expect(tag?.record).toBe(old?.fingerprint);
  await store.close();
  const came = await at.run(script, { onDivergence: 'rerun' });
  expect(came[0]).toBe(states[0]);
  expect(came[1]).toBe(now?.stateAfter);
  const { steps } = at.counts;
  expect(await at.run(script)).toEqual(came);
  expect(at.counts.steps).toBe(steps);
});

test('in the middle of a script another end stops it, and the next run goes on from there', async () => {
  const at = await machine();
  const states = await at.run(script);
  await lose(at, [states[1]], false);
  at.drift = 1e-3;
  const more = async (model: Model): Promise<unknown> => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      for (let i = 0; i < 3; i++) await cp.train(train, options);
    });
    return model.checkpoint(1).stateDigest();
  };
  await expect(at.run(more)).rejects.toMatchObject({ code: 'STATE_CHANGED' });
  const end = await at.run(more);
  const { steps } = at.counts;
  expect(await at.run(more)).toBe(end);
  expect(at.counts.steps).toBe(steps);
});

test('what was accepted for another call is not computed by that call, nor filed under its name', async () => {
  const at = await machine();
  const one =
    (batchSize: number, more = false) =>
    async (model: Model): Promise<StateDigest> => {
      await model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
        await cp.train(train, { epochs: 1, batchSize });
      });
      const digest = await model.checkpoint(1).stateDigest();
      if (more) await model.checkpoint(2, (cp) => cp.train(train, options));
      return digest;
    };
  const state = await at.run(one(8));
  await at.run(one(4), { onDivergence: 'accept' });
  await lose(at, [state], false);
  await expect(at.run(one(4, true))).rejects.toMatchObject({ code: 'BLOB_MISSING' });
  expect(await at.run(one(8))).toBe(state);
});
