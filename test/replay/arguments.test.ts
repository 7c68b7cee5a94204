import { arrays, metric, type Model } from '@reprise/core';
import { expect, test } from 'vitest';
import { line, session, trained } from '../support/session.js';

const data = line(16);
test('the arguments of a cached call are those at the time of the call', async () => {
  const { run } = await session();
  const args = { list: [1, 2, 3] };
  await run((m) =>
    m.checkpoint(1, async (cp) => {
      const p = cp.cached('sum', args, ({ list }) => list.reduce((a, b) => a + b, 0));
      args.list[0] = 100; // before the call has begun its work, after it was made
      expect(await p).toBe(6);
    }),
  );
  await run((m) =>
    m.checkpoint(1, async (cp) => {
      expect(await cp.cached('sum', { list: [1, 2, 3] }, ({ list }) => list.reduce((a, b) => a + b, 0))).toBe(6);
    }),
  );
});

test('a cached function that writes to its arguments does not reach those of the caller', async () => {
  const { run } = await session();
  await run((m) =>
    m.checkpoint(1, async (cp) => {
      const list = [3, 1, 2];
      await cp.cached('sort', { list }, ({ list: own }) => own.reverse().length);
      expect(list).toEqual([3, 1, 2]);
    }),
  );
});

test('another batch size is another evaluation, as a metric may depend on who is in a batch', async () => {
  const { run } = await session();
  const spread = metric('batches', {
    mode: 'min',
    init: () => 0,
    update: (n: number) => n + 1,
    result: (n: number) => n,
  });
  await run((m) =>
    m.checkpoint(1, async (cp) => {
      await trained()(cp);
      expect(await cp.evaluate(data, { metrics: [spread], batchSize: 4 })).toMatchObject({ batches: 4 });
    }),
  );
  await run((m) =>
    m.checkpoint(1, async (cp) => {
      await trained()(cp);
      expect(await cp.evaluate(data, { metrics: [spread], batchSize: 8 })).toMatchObject({ batches: 2 });
    }),
  );
});

test('where two record the same call at once, both return what is recorded', async () => {
  const { run } = await session();
  let calls = 0;
  const script = (m: Model) => m.checkpoint(1, (cp) => cp.cached('count', {}, () => ++calls, { key: 'counts' }));
  const both = await Promise.all([run(script), run(script)]);
  const recorded = await run(script);
  expect(both).toEqual([recorded, recorded]);
});

test('arrays that are written to after they were given are noticed when an op has run, and nothing is recorded', async () => {
  const { run } = await session();
  const input = Float32Array.from({ length: 48 }, (_, i) => Math.sin(i));
  const changing = arrays({
    input: { data: input, shape: [3] },
    target: { data: new Float32Array(16), shape: [1] },
  });
  await run(async (m) => {
    await m.checkpoint(1, trained());
    const handle = m.checkpoint(1);
    await handle.evaluate(changing);
    input[0] = 7;
    await expect(handle.evaluate(changing, { batchSize: 4 })).rejects.toMatchObject({ code: 'DATA_ERROR' });
    const anew = arrays({ input: { data: input, shape: [3] }, target: { data: new Float32Array(16), shape: [1] } });
    await handle.evaluate(anew, { batchSize: 4 });
    expect(m.report).toMatchObject({ run: 3 });
  });
});
