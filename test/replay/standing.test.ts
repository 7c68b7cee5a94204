import { lambda, type Model, mse, sgd } from '@reprise/core';
import { expect, test } from 'vitest';
import { line, session, trained } from '../support/session.js';

const data = line(16);
const components = { loss: mse(), optimizer: sgd({ lr: 0.1 }) };
test('entering a block without a call leaves its handle on its last recorded state', async () => {
  const { run } = await session();
  const first = await run(async (m) => {
    await m.checkpoint(1, trained());
    return m.checkpoint(1).stateDigest();
  });
  const second = await run(async (m) => {
    await m.checkpoint(1, async () => undefined); // for example: if (process.env.TRAIN) …
    return m.checkpoint(1).stateDigest();
  });
  expect(second).toBe(first);
});

test('after a divergence that was caught, the handle is on the recorded state', async () => {
  const { run } = await session();
  const first = await run(async (m) => {
    await m.checkpoint(1, trained());
    return m.checkpoint(1).stateDigest();
  });
  const second = await run(async (m) => {
    await expect(m.checkpoint(1, trained(0.2))).rejects.toMatchObject({ code: 'DIVERGENCE' });
    return m.checkpoint(1).stateDigest();
  });
  expect(second).toBe(first);
});

test('cells run again after an edit: 2 stands on the new 1', async () => {
  const { run } = await session();
  const inOne = await run(
    async (m) => {
      await m.checkpoint(1, trained(0.1));
      await m.checkpoint(2, trained(0.05));
      await m.checkpoint(1, trained(0.3));
      await m.checkpoint(2, trained(0.05));
      return m.checkpoint(2).stateDigest();
    },
    { onDivergence: 'rerun' },
  );
  const { run: other } = await session();
  const clean = await other(async (m) => {
    await m.checkpoint(1, trained(0.3));
    await m.checkpoint(2, trained(0.05));
    return m.checkpoint(2).stateDigest();
  });
  expect(inOne).toBe(clean);
});

test('an inference script predicts without the training functions', async () => {
  const { run } = await session();
  await run((m) =>
    m.checkpoint(1, async (cp) => {
      await cp.setup({ ...components, epochScheduler: lambda((t) => 0.9 ** t) });
      await cp.train(data, { epochs: 1, batchSize: 8 });
    }),
  );
  await run((m) => m.checkpoint(1).predict(line(4, 9)));
});

test('deleting a checkpoint after an unrecorded train', async () => {
  const { run } = await session();
  await run(async (m) => {
    await m.checkpoint(1, trained());
    await m.train(data, { epochs: 1 });
    await m.deleteCheckpoint(1);
    await m.checkpoint(2, async (cp) => {
      await cp.train(data, { epochs: 1 });
    });
  });
});

test('deleting the parent, then entering the child again', async () => {
  const { run } = await session();
  await run(async (m) => {
    await m.checkpoint(1, trained());
    await m.checkpoint(2, trained(0.2));
    await m.deleteCheckpoint(1);
    await m.checkpoint(2, trained(0.2));
  });
});

test('deleting the parent, then a handle of a child that made no state', async () => {
  const { run } = await session();
  await run(async (m) => {
    await m.checkpoint(1, trained());
    await m.checkpoint(2, async (cp) => {
      await cp.evaluate(data);
    });
    await m.deleteCheckpoint(1);
    await m.checkpoint(2).evaluate(line(8));
  });
});

test('ops that the script no longer calls are reported', async () => {
  const { run, printed } = await session();
  await run((m) =>
    m.checkpoint(1, async (cp) => {
      await trained()(cp);
      await cp.train(data, { epochs: 2 });
    }),
  );
  printed.length = 0;
  await run((m) => m.checkpoint(1, trained()));
  expect(printed.join('')).toMatch(/no longer|not called/);
});

test('a setup that was edited while train is commented out: here the block is at it, and later at what is recorded and kept', async () => {
  const { run } = await session();
  const recorded = await run(async (m) => {
    await m.checkpoint(1, trained(0.1));
    return m.checkpoint(1).stateDigest();
  });
  const here = await run(async (m) => {
    await m.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.7 }) });
    });
    return m.checkpoint(1).stateDigest();
  });
  expect(here).not.toBe(recorded);
  // The train is a recorded call that the script no longer makes: it stays the last one.
  expect(await run((m) => m.checkpoint(1).stateDigest())).toBe(recorded);
});

test('a train that fails after its setup was edited changes nothing for the script as it was', async () => {
  const { run } = await session();
  await run((m) => m.checkpoint(1, trained()));
  const failing = run((m) => m.checkpoint(1, trained(1e30)), { onDivergence: 'rerun' });
  await failing.catch(() => undefined);
  await run(async (m) => {
    await m.checkpoint(1, trained());
    expect(m.report).toMatchObject({ run: 0 });
  });
});

test('a checkpoint that stands on itself is refused', async () => {
  const { run } = await session();
  await run(async (m) => {
    await m.checkpoint(1, trained());
    await expect(m.checkpoint(1, { from: 1 }, trained())).rejects.toMatchObject({ code: 'DIVERGENCE' });
  });
});

test('plotMetrics that was not awaited is refused as any op', async () => {
  const { run } = await session();
  await expect(
    run((m) =>
      m.checkpoint(1, async (cp) => {
        await trained()(cp);
        void cp.plotMetrics({ svg: 'x.svg' });
      }),
    ),
  ).rejects.toMatchObject({ code: 'OP_IN_FLIGHT' });
});

test('a block that failed at once leaves no checkpoint behind', async () => {
  const { run } = await session();
  await run((m) => m.checkpoint(4, (cp) => cp.train(data, { epoch: 1 } as never)).catch(() => 0));
  await run(async (m) => {
    for (const { id } of await m.checkpoints()) await m.checkpoint(id).evaluate(data, { loss: mse() });
  });
});

test('a state that was recorded for another net, seed or width is not taken for this one, and the change is named', async () => {
  const { run, counts } = await session();
  await run((m) => m.checkpoint(1, trained()));
  const { steps } = counts;
  for (const changed of [{ hparams: { width: 6 } }, { seed: 4 }]) {
    const uses: readonly ((m: Model) => Promise<unknown>)[] = [
      (m: Model) => m.checkpoint(1).evaluate(data),
      (m: Model) => m.loadCheckpoint(1),
      (m: Model) => m.checkpoint(2, { from: 1 }, (cp) => cp.evaluate(data)),
    ];
    for (const use of uses) await expect(run(use, changed)).rejects.toThrow(/NET_CHANGED/);
  }
  await expect(run((m) => m.loadCheckpoint(1), { seed: 4 })).rejects.toThrow(/seed 0 → 4/);
  expect(counts.steps).toBe(steps);
});

test('from: null stands on the untrained net, for a sweep from scratch', async () => {
  const { run } = await session();
  const digests = await run(async (m) => {
    for (const id of ['a', 'b']) {
      await m.checkpoint(id, { from: null }, trained());
    }
    return Promise.all(['a', 'b'].map((id) => m.checkpoint(id).stateDigest()));
  });
  expect(digests[0]).toBe(digests[1]);
});

test('a model is closed by await using', async () => {
  const { run } = await session();
  let inner: Model | undefined;
  await run(async (m) => {
    await using model = m;
    inner = model;
  });
  await expect(inner?.evaluate(data)).rejects.toMatchObject({ code: 'MODEL_CLOSED' });
});

test('a checkpoint deleted and run again in one process is computed anew, from where it began', async () => {
  const { run, counts } = await session();
  await run(async (m) => {
    await m.checkpoint(1, trained());
    await m.checkpoint(2, trained(0.2));
    const first = await m.checkpoint(2).stateDigest();
    const { steps } = counts;
    await m.deleteCheckpoint(2);
    await m.checkpoint(2, trained(0.2));
    expect(await m.checkpoint(2).stateDigest()).toBe(first);
    expect(counts.steps).toBe(steps + 2);
    await m.deleteCheckpoint(2);
    await m.checkpoint(3, trained(0.2));
    expect(await m.checkpoint(3).stateDigest()).toBe(first);
  });
});
