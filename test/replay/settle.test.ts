// A divergence is settled by policy, or once, from outside the script.
import { DivergenceError, type Model, mse, openModel, sgd } from '@reprise/core';
import { openStore } from '@reprise/store';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { line, type Session, session } from '../support/session.js';
import { toyEngine } from '../support/toy-engine.js';

const train = line(40);

const script = (lr: number) => async (model: Model) => {
  const result = await model.checkpoint(1, async (cp) => {
    await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
    await cp.train(train, { epochs: 1, batchSize: 8 });
    return cp.train(train, { epochs: 2, batchSize: 8 });
  });
  return { result, report: model.report };
};

async function diverged(run: Session['run'], lr: number): Promise<DivergenceError> {
  const error: unknown = await run(script(lr)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DivergenceError);
  return error as DivergenceError;
}

async function settle({ folder }: Session, entry: number, policy: 'rerun' | 'accept'): Promise<void> {
  const store = await openStore(join(folder, 'store'));
  await store.log.settle(entry, policy, 1);
  await store.close();
}

test('the message names the op, and the command that settles it', async () => {
  const { run } = await session();
  await run(script(0.1));
  const { details, message } = await diverged(run, 0.2);
  expect(message).toContain(`npx reprise rerun ${details.recorded}`);
  expect(message).toContain(`npx reprise accept ${details.recorded}`);
  expect(message).toContain('REPRISE_ON_DIVERGENCE=rerun');
  expect(message).toContain("onDivergence: 'fork'");
});

test('rerun from outside settles it once: the next run computes it and what stands on it, a later difference asks again', async () => {
  const s = await session();
  await s.run(script(0.1));
  await settle(s, (await diverged(s.run, 0.2)).details.recorded, 'rerun');
  expect((await s.run(script(0.2))).report).toMatchObject({ run: 2 });
  await diverged(s.run, 0.3);
});

test('accept from outside takes the recorded result for this call, for ever', async () => {
  const s = await session();
  const { result } = await s.run(script(0.1));
  await settle(s, (await diverged(s.run, 0.2)).details.recorded, 'accept');
  const { steps } = s.counts;
  for (let i = 0; i < 2; i++) {
    const accepted = await s.run(script(0.2));
    expect(accepted.result).toEqual(result);
    expect(accepted.report).toMatchObject({ accepted: 1, hit: 1 });
  }
  expect(s.counts.steps).toBe(steps);
  await diverged(s.run, 0.3);
});

test('a settlement waits for a run that differs; one that does not leaves it', async () => {
  const s = await session();
  await s.run(script(0.1));
  await settle(s, (await diverged(s.run, 0.2)).details.recorded, 'rerun');
  expect((await s.run(script(0.1))).report).toMatchObject({ hit: 2 });
  expect((await s.run(script(0.2))).report).toMatchObject({ run: 2 });
});

test('a rerun that fails has settled nothing: the next one is not asked again', async () => {
  const s = await session();
  await s.run(script(0.1));
  await settle(s, (await diverged(s.run, 0.2)).details.recorded, 'rerun');
  const failing = s.run((model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.2 }) });
      await cp.train(train, { epochs: 1, batchSize: 8, signal: AbortSignal.timeout(0) });
    }),
  );
  await expect(failing).rejects.toThrow(/abort/);
  expect((await s.run(script(0.2))).report.run).toBeGreaterThan(0);
});

test('the nearest policy wins, and that of the whole run goes before all', async () => {
  const { run, folder, counts } = await session();
  await run(script(0.1));
  const at = async (
    policies: { store?: 'rerun'; model?: 'error' | 'rerun'; block?: 'error' | 'rerun'; call?: 'error' | 'rerun' },
    lr: number,
    whole?: 'error' | 'rerun',
  ) => {
    const store = await openStore(join(folder, 'store'), policies.store && { onDivergence: policies.store });
    const host = {
      output: { write: () => undefined, isTerminal: false, columns: 80 },
      now: () => 1,
      elapsed: () => performance.now(),
      provenance: {},
      availableThreads: 2,
      sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
      writeFile: async () => undefined,
    };
    const plotter = { metrics: async () => ({ lines: [], svg: '' }) };
    const parts = { store, host, plotter, ownsStore: true, onDivergence: whole };
    const options = { hparams: { width: 3 }, ...(policies.model && { onDivergence: policies.model }) };
    const model = await openModel('toy', toyEngine(counts), options, parts);
    try {
      await model.checkpoint(1, { ...(policies.block && { onDivergence: policies.block }) }, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
        const own = policies.call && { onDivergence: policies.call };
        await cp.train(train, { epochs: 1, batchSize: 8, ...own });
      });
      return 'ran';
    } catch (error) {
      return (error as DivergenceError).code;
    } finally {
      await model.close();
    }
  };
  expect(await at({}, 0.2)).toBe('DIVERGENCE');
  expect(await at({ store: 'rerun', model: 'error' }, 0.2)).toBe('DIVERGENCE');
  expect(await at({ model: 'rerun', block: 'error' }, 0.2)).toBe('DIVERGENCE');
  expect(await at({ block: 'rerun', call: 'error' }, 0.2)).toBe('DIVERGENCE');
  expect(await at({ call: 'rerun' }, 0.2, 'error')).toBe('DIVERGENCE');
  expect(await at({ store: 'rerun' }, 0.2)).toBe('ran');
  expect(await at({ model: 'rerun' }, 0.3)).toBe('ran');
  expect(await at({ model: 'error', block: 'rerun' }, 0.4)).toBe('ran');
  expect(await at({ block: 'error', call: 'rerun' }, 0.5)).toBe('ran');
  expect(await at({ call: 'error' }, 0.6, 'rerun')).toBe('ran');
});

test('a rerun supersedes the op and what descends from it, and nothing else', async () => {
  const s = await session();
  const both = (lr: number) => async (model: Model) => {
    await model.checkpoint('base', async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await cp.train(train, { epochs: 1, batchSize: 8 });
    });
    await model.checkpoint('a', async (cp) => {
      await cp.setup({ optimizer: sgd({ lr }) });
      await cp.train(train, { epochs: 1, batchSize: 8 });
    });
    await model.checkpoint('on a', (cp) => cp.train(train, { epochs: 1, batchSize: 8 }));
    await model.checkpoint('b', { from: 'base' }, (cp) => cp.train(train, { epochs: 1, batchSize: 8 }));
    return model.report;
  };
  await s.run(both(0.2));
  expect(await s.run(both(0.3), { onDivergence: 'rerun' })).toMatchObject({ hit: 2, run: 2 });
  const store = await openStore(join(s.folder, 'store'));
  const superseded = await store.log.entries({ status: 'superseded' });
  await store.close();
  const named = superseded.map(({ checkpoint, kind }) => `${checkpoint} ${kind}`).sort();
  expect(named).toEqual(['a setup', 'a train', 'on a train']);
});

test('what is superseded is listed, can be stood on by its number or by a tag, and is adopted when it is called again', async () => {
  const s = await session();
  const first = await s.run(async (model) => {
    await script(0.1)(model);
    return model.checkpoint(1).stateDigest();
  });
  await s.run(script(0.2), { onDivergence: 'rerun' });
  const store = await openStore(join(s.folder, 'store'));
  const old = (await store.log.entries({ status: 'superseded', kind: 'train' })).at(-1);
  await store.log.putTag({
    model: 'toy',
    name: 'before',
    record: old?.record ?? ('' as never),
    entry: null,
    createdAt: 1,
  });
  await store.close();
  await s.run(async (model) => {
    await model.loadCheckpoint({ op: old?.id ?? 0 });
    await model.checkpoint('by number', async () => undefined);
    expect(await model.checkpoint('by number').stateDigest()).toBe(first);
    await model.checkpoint('by tag', { from: { tag: 'before' } }, async () => undefined);
    expect(await model.checkpoint('by tag').stateDigest()).toBe(first);
    await model.deleteCheckpoint(1);
    await model.checkpoint('after', { from: { tag: 'before' } }, (cp) => cp.train(train, { epochs: 1 }));
    await expect(model.loadCheckpoint({ tag: 'befor' })).rejects.toThrow(/no tag 'befor'. It has 'before'/);
    await expect(model.loadCheckpoint({ op: 4711 })).rejects.toMatchObject({ code: 'NO_CHECKPOINT' });
    await expect(model.loadCheckpoint({ op: 1, tag: 'x' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

test('a tag made by the script keeps the state that the checkpoint is at', async () => {
  const { run } = await session();
  await run(async (model) => {
    await script(0.1)(model);
    await model.tag('good', 1);
    const digest = await model.checkpoint(1).stateDigest();
    await model.checkpoint(1, { onDivergence: 'rerun' }, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.2 }) });
      await cp.train(train, { epochs: 1, batchSize: 8 });
    });
    await model.checkpoint(2, { from: { tag: 'good' } }, async () => undefined);
    expect(await model.checkpoint(2).stateDigest()).toBe(digest);
  });
});
