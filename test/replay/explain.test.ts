// model.explain(): from what is stored, running nothing, why a call hit, missed or diverged.
import { type Block, DivergenceError, type Model, mse, sgd } from '@reprise/core';
import { expect, test } from 'vitest';
import { line, session } from '../support/session.js';

const train = line(40);
const nothing: (cp: Block) => Promise<unknown> = async () => undefined;
const val = line(16, 2);

const script =
  ({ lr = 0.1, epochs = 1, more = nothing } = {}) =>
  async (model: Model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
      await cp.train(train, { epochs, batchSize: 8 });
      await cp.train(train, { epochs: 1, batchSize: 8 });
      await more(cp);
    });
  };

const scored = (data: typeof val) => ({ more: (cp: Block) => cp.evaluate(data) });

test('a hit: what decides it, and what computing it again costs', async () => {
  const { run, counts } = await session();
  await run(script());
  const before = { ...counts };
  await run(async (model) => {
    await script()(model);
    const { op, answer, fields, recomputing } = await model.explain('1/train#1');
    expect(answer).toMatchObject({ how: 'hit', at: null, reason: null, first: null });
    expect(fields).toMatchObject({ epochs: 1, batchSize: 8 });
    expect(recomputing).toMatchObject({ ops: 1 });
    expect(op.status).toBe('live');
  });
  expect(counts).toEqual(before);
});

test('from another process: how the last run that came by answered it', async () => {
  const { run } = await session();
  await run(script());
  await run(script());
  await run(async (model) => {
    const { answer } = await model.explain('1/train#2');
    expect(answer).toMatchObject({ how: 'hit', runsSince: 0 });
    expect(answer?.at).toBeInstanceOf(Date);
  });
});

test('a miss: new, or what differs from what was there', async () => {
  const { run } = await session();
  await run(script());
  await run(async (model) => {
    await script(scored(val))(model);
    const { answer } = await model.explain('1/evaluate#1');
    expect(answer).toMatchObject({ how: 'run', reason: { recorded: null, fields: [], began: null } });
  });
  await run(async (model) => {
    await script(scored(line(16, 3)))(model);
    const { answer } = await model.explain('1/evaluate#1');
    const [field] = answer?.reason?.fields ?? [];
    expect(field).toMatchObject({ path: 'data' });
    expect(field?.within?.map(({ path }) => path)).toEqual(['data.input', 'data.target']);
  });
});

test('a divergence: the fields, where it began, and the first op of the block that was not a hit', async () => {
  const { run } = await session();
  await run(script());
  await expect(run(script({ lr: 0.2 }))).rejects.toBeInstanceOf(DivergenceError);
  await run(async (model) => {
    const { answer } = await model.explain('1/train#1');
    expect(answer).toMatchObject({
      how: 'diverged',
      reason: { fields: [], began: "setup #1 of checkpoint '1': optimizer.lr 0.1 → 0.2" },
      first: { how: 'diverged' },
    });
  });
});

test('adopted, accepted and extended say from what', async () => {
  const { run } = await session();
  await run(script());
  await run(script({ lr: 0.2 }), { onDivergence: 'rerun' });
  await run(async (model) => {
    await script()(model);
    const { answer } = await model.explain('1/train#1');
    expect(answer).toMatchObject({ how: 'adopted', origin: { status: 'superseded' } });
  });
  await run(
    async (model) => {
      await script({ lr: 0.3 })(model);
      expect((await model.explain('1/train#1')).answer).toMatchObject({ how: 'accepted' });
    },
    { onDivergence: 'accept' },
  );
  await run(
    async (model) => {
      await script({ epochs: 2 })(model);
      const { answer } = await model.explain('1/train#1');
      expect(answer).toMatchObject({
        how: 'extended',
        reason: { fields: [{ path: 'epochs', recorded: 1, called: 2 }] },
      });
    },
    { onDivergence: 'rerun' },
  );
});

test('what changed in data is named in the divergence itself', async () => {
  const { run } = await session();
  const mapped = (factor: number) => (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      const scaled = train.map(
        ({ input, target }) => {
          const data = Float32Array.from(input!.data as Float32Array, (x) => x * factor);
          return { input: { data, shape: [3] }, target: { data: target!.data, shape: [1] } };
        },
        { deps: { factor } },
      );
      await cp.train(scaled, { epochs: 1 });
    });
  await run(mapped(1));
  await expect(run(mapped(2))).rejects.toThrow(/changed: data\.train\.map\.factor 1 → 2 \(recorded → called\)/);
});

test('an op that is not there is refused, with the nearest that is', async () => {
  const { run } = await session();
  await run(async (model) => {
    await script()(model);
    await expect(model.explain('1/trian#1')).rejects.toThrow(/Did you mean '1\/train#1'/);
    await expect(model.explain(4711)).rejects.toMatchObject({ code: 'UNKNOWN_ADDRESS' });
  });
});

test('a watch that makes validation data decide is told as that: the data are the same', async () => {
  const { run } = await session();
  const watched = (watch: boolean) => (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await cp.train(train, val, { epochs: 1, batchSize: 8, ...(watch && { watch: 'loss' }) });
    });
  await run(watched(false));
  const error: unknown = await run(watched(true)).catch((reason: unknown) => reason);
  expect((error as DivergenceError).details.fields).toEqual([{ path: 'watch', recorded: null, called: 'loss' }]);
});

test('an accepted call is explained as that in every run, against the call that was computed', async () => {
  const { run } = await session();
  await run(script());
  await run(script({ lr: 0.2 }), { onDivergence: 'accept' });
  await run(script({ lr: 0.2 }));
  await run(async (model) => {
    const { answer, op } = await model.explain('1/train#1');
    expect(answer).toMatchObject({
      how: 'accepted',
      reason: { began: "setup #1 of checkpoint '1': optimizer.lr 0.1 → 0.2" },
    });
    expect(op.accepted).toBe(true);
  });
  await expect(run(script({ lr: 0.3 }))).rejects.toThrow('optimizer.lr 0.1 → 0.3');
});

test('what a script that crashed had done is explained all the same', async () => {
  const { run } = await session();
  await run(script());
  const crash = run(
    async (model) => {
      await script({ lr: 0.2 })(model);
      // As a killed process does, without closing.
      model.close = async () => undefined;
      throw new Error('crashed');
    },
    { onDivergence: 'rerun' },
  );
  await expect(crash).rejects.toThrow('crashed');
  await run(async (model) => {
    expect((await model.explain('1/train#1')).answer).toMatchObject({ how: 'run' });
  });
});
