import { mse, type Model, type RepriseError, sgd } from '@reprise/core';
import { expect, test } from 'vitest';
import { line, session } from '../support/session.js';

const data = line(16);
const components = { loss: mse(), optimizer: sgd({ lr: 0.1 }) };

/** The code of the error that a script ends in. */
async function codeOf(script: (model: Model) => Promise<unknown>): Promise<string> {
  const { run } = await session();
  const error = await run(script).then(
    () => undefined,
    (reason: unknown) => reason as RepriseError,
  );
  return error?.code ?? 'none';
}

test('a block returns its value', async () => {
  const { run } = await session();
  expect(await run((model) => model.checkpoint(1, () => 42))).toBe(42);
});

test('entering a block inside itself, or another one inside it, is refused', async () => {
  expect(await codeOf((model) => model.checkpoint(1, () => model.checkpoint(1, () => 0)))).toBe('BLOCK_OPEN');
  expect(await codeOf((model) => model.checkpoint(1, () => model.checkpoint(2, () => 0)))).toBe('BLOCK_OPEN');
  expect(await codeOf((model) => model.checkpoint(1, () => model.loadCheckpoint(1)))).toBe('BLOCK_OPEN');
});

test('two ops in flight together are refused', async () => {
  const code = await codeOf((model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup(components);
      await Promise.all([cp.train(data, { epochs: 1 }), cp.evaluate(data)]);
    }),
  );
  expect(code).toBe('OP_IN_FLIGHT');
});

test('a forgotten await is refused, and the op is not recorded', async () => {
  const { run, counts } = await session();
  const script = (awaited: boolean) => (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup(components);
      const training = cp.train(data, { epochs: 3 });
      training.catch(() => undefined);
      if (awaited) await training;
    });
  await expect(run(script(false))).rejects.toMatchObject({ code: 'OP_IN_FLIGHT' });
  const before = counts.steps;
  await run(script(true));
  expect(counts.steps).toBe(before + 3);
});

test('a call after the end of its block is refused', async () => {
  const code = await codeOf(async (model) => {
    const cp = await model.checkpoint(1, (block) => block);
    await cp.evaluate(data);
  });
  expect(code).toBe('BLOCK_ENDED');
});

test('setup is refused twice, and after train', async () => {
  expect(
    await codeOf((model) =>
      model.checkpoint(1, async (cp) => {
        await cp.setup(components);
        await cp.setup(components);
      }),
    ),
  ).toBe('SETUP_TWICE');
  expect(
    await codeOf(async (model) => {
      await model.checkpoint(1, (cp) => cp.setup(components));
      await model.checkpoint(2, async (cp) => {
        await cp.train(data, { epochs: 1 });
        await cp.setup(components);
      });
    }),
  ).toBe('SETUP_AFTER_TRAIN');
});

test('train without a loss or an optimizer anywhere in the lineage is refused', async () => {
  expect(await codeOf((model) => model.checkpoint(1, (cp) => cp.train(data, { epochs: 1 })))).toBe('NO_LOSS');
  expect(
    await codeOf((model) =>
      model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse() });
        await cp.train(data, { epochs: 1 });
      }),
    ),
  ).toBe('NO_OPTIMIZER');
});

test('an unknown option is refused with the nearest known one', async () => {
  const { run } = await session();
  const script = (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup(components);
      await cp.train(data, { epoch: 3 } as never);
    });
  await expect(run(script)).rejects.toThrow(/epoch.*epochs/s);
  await expect(run((model) => model.checkpoint(1, { form: 2 } as never, () => 0))).rejects.toThrow(/form.*from/s);
  await expect(run((model) => model.checkpoint(1, (cp) => cp.setup({ optimiser: sgd() } as never)))).rejects.toThrow(
    /optimiser.*optimizer/s,
  );
  await expect(run(async () => undefined, { sead: 1 } as never)).rejects.toThrow(/sead.*seed/s);
});

test('a loss where an optimizer belongs is refused', async () => {
  expect(await codeOf((model) => model.checkpoint(1, (cp) => cp.setup({ optimizer: mse() } as never)))).toBe(
    'INVALID_OPTION',
  );
});

test('a checkpoint that was never run has no state to stand on', async () => {
  expect(await codeOf((model) => model.loadCheckpoint('later'))).toBe('NO_CHECKPOINT');
  expect(await codeOf((model) => model.checkpoint('later').evaluate(data))).toBe('NO_CHECKPOINT');
  expect(await codeOf((model) => model.checkpoint(2, { from: 'later' }, () => 0))).toBe('NO_CHECKPOINT');
});

test('a block that throws keeps the ops that had finished', async () => {
  const { run, counts } = await session();
  const script = (fails: boolean) => (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup(components);
      await cp.train(data, { epochs: 2 });
      if (fails) throw new Error('mine');
      await cp.train(data, { epochs: 1 });
    });
  await expect(run(script(true))).rejects.toThrow('mine');
  expect(counts.steps).toBe(2);
  await run(script(false));
  expect(counts.steps).toBe(3);
});

test('a block entered again after its end replays from the parent that it had', async () => {
  const { run, counts } = await session();
  const digests = await run(async (model) => {
    const cell = () =>
      model.checkpoint(1, async (cp) => {
        await cp.setup(components);
        await cp.train(data, { epochs: 1 });
      });
    await cell();
    const first = await model.checkpoint(1).stateDigest();
    await cell();
    return [first, await model.checkpoint(1).stateDigest()];
  });
  expect(digests[0]).toBe(digests[1]);
  expect(counts.steps).toBe(1);
});

test('1 and "1" are the same checkpoint; 1.37 and 1.38 are not', async () => {
  const { run } = await session();
  const ids = await run(async (model) => {
    for (const id of [1, '1', 1.37, 1.38]) await model.checkpoint(id, (cp) => cp.setup(components));
    return (await model.checkpoints()).map(({ id }) => id);
  });
  expect(ids).toEqual(['1', '1.37', '1.38']);
});

test('a closed model refuses calls', async () => {
  const { run } = await session();
  const model = await run(async (opened) => opened);
  await expect(model.evaluate(data)).rejects.toMatchObject({ code: 'MODEL_CLOSED' });
});

test('unrecorded ops work on the head, and what they changed is the parent of the next block', async () => {
  const { run, counts } = await session();
  const script = async (model: Model) => {
    await model.checkpoint(1, (cp) => cp.setup(components));
    const trained = await model.train(data, { epochs: 2 });
    const score = await model.evaluate(data);
    await model.checkpoint(2, (cp) => cp.train(data, { epochs: 1 }));
    return {
      loss: trained.history.map(({ train }) => train.loss),
      score,
      digest: await model.checkpoint(2).stateDigest(),
    };
  };
  const first = await run(script);
  expect(counts.steps).toBe(3);
  expect(await run(script)).toEqual(first);
  expect(counts.steps).toBe(5);
  expect(first.score.loss).toBeLessThan(first.loss[0] as number);
});

test('ops on a handle leave the model where it is', async () => {
  const { run } = await session();
  await run(async (model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup(components);
      await cp.train(data, { epochs: 1 });
    });
    await model.checkpoint(2, (cp) => cp.train(data, { epochs: 1 }));
    const before = await model.evaluate(data);
    await model.checkpoint(1).findLr(data, { steps: 10 });
    await model.checkpoint(1).evaluate(data);
    expect(await model.evaluate(data)).toEqual(before);
  });
});

test('a deleted checkpoint is computed again, and those that stand on it stay whole', async () => {
  const { run, counts } = await session();
  const script = async (model: Model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup(components);
      await cp.train(data, { epochs: 2 });
    });
    await model.checkpoint(2, (cp) => cp.train(data, { epochs: 1 }));
    return model.checkpoint(2).evaluate(data);
  };
  const first = await run(script);
  expect(await run((model) => model.deleteCheckpoint(1))).toBe(true);
  expect(await run((model) => model.checkpoint(2).evaluate(data))).toEqual(first);
  expect(counts.steps).toBe(3);
  expect(await run(script)).toEqual(first);
  expect(counts.steps).toBe(5);
  await run((model) => model.delete());
  expect(await run(script)).toEqual(first);
  expect(counts.steps).toBe(8);
});

test('another number of threads than recorded is refused when the engine is loaded, unless agreed to', async () => {
  const { run } = await session();
  const evaluate = (model: Model) => model.evaluate(data, { loss: mse() });
  await run(evaluate, { threads: 1 });
  await expect(run(evaluate, { threads: 4 })).rejects.toMatchObject({ code: 'THREADS_CHANGED' });
  await run(evaluate);
  await run(evaluate, { threads: 4, allowThreadChange: true });
  await expect(run(evaluate, { threads: 1 })).rejects.toMatchObject({ code: 'THREADS_CHANGED' });
});

test('initial weights by name are where training begins, and decide', async () => {
  const { run, counts } = await session();
  const script = (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup(components);
      return cp.evaluate(data);
    });
  const exact = await run(script, { weights: { w: Float32Array.of(0.5, -1, 2) } });
  expect(exact.loss).toBeLessThan(1e-10);
  const { evaluations } = counts;
  const other = await run(script, { weights: { w: Float32Array.of(0, 0, 0) } });
  expect(counts.evaluations).toBeGreaterThan(evaluations);
  expect(other.loss).toBeGreaterThan(0.5);
  expect(await run(script, { weights: { w: Float32Array.of(0.5, -1, 2) } })).toEqual(exact);
  await expect(run(script, { weights: { v: Float32Array.of(1) } })).rejects.toMatchObject({ code: 'UNKNOWN_OPTION' });
  await expect(run(script, { weights: { w: Float32Array.of(1) } })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});

test('a forgotten await is said once: its own promise rejects with the same error, and nothing is left unhandled', async () => {
  const { run } = await session();
  let forgotten: Promise<unknown> | undefined;
  const said = await run((model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup(components);
      forgotten = cp.train(data, { epochs: 3 });
    }),
  ).catch((reason: unknown) => reason);
  expect(said).toMatchObject({ code: 'OP_IN_FLIGHT' });
  expect(await forgotten?.catch((reason: unknown) => reason)).toBe(said);
});

test('an unrecorded train inside a block is refused, and told apart from cp.train', async () => {
  const { run } = await session();
  const script = (model: Model) => model.checkpoint(1, () => model.train(data, { epochs: 1 }));
  await expect(run(script)).rejects.toThrow(/cp\.train\(\)/);
});

test('train with validation data and no options says what is missing', async () => {
  const { run } = await session();
  const script = (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup(components);
      await cp.train(data, data as never);
    });
  await expect(run(script)).rejects.toThrow(/epochs must be/);
});

test('unrecorded calls are silent on request', async () => {
  const { run, printed } = await session();
  await run(async (model) => {
    await model.checkpoint(1, (cp) => cp.setup(components));
    await model.train(data, data, { epochs: 1, progress: 'silent' });
    await model.evaluate(data, { progress: 'silent' });
  });
  expect(printed).toEqual([]);
});
