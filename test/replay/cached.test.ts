import { mse, type Model, sgd } from '@reprise/core';
import { expect, test } from 'vitest';
import { line, session } from '../support/session.js';

const data = line(16);

test('a cached function runs once, with its arguments and the net, and its lines are printed again', async () => {
  const { run, counts, printed } = await session();
  const script = (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      return cp.cached('largest', { samples: data, times: 2 }, async ({ samples, times }, net) => {
        const { output } = await net.predict(samples);
        net.line('looked');
        return { largest: times * Math.max(...Array.from(output!.data, Number)), nothing: -0, not: NaN };
      });
    });
  const first = await run(script);
  const { evaluations, loads } = counts;
  expect(await run(script)).toEqual(first);
  expect(counts).toMatchObject({ evaluations, loads });
  expect(Object.is(first.nothing, -0)).toBe(true);
  expect(printed.join('').match(/^looked$/gm)).toHaveLength(2);
});

test('a changed argument or function of a cached call diverges; another name does not', async () => {
  const { run } = await session();
  const script = (name: string, times: number) => (model: Model) =>
    model.checkpoint(1, (cp) => cp.cached(name, { factor: times }, ({ factor }) => factor * 2));
  expect(await run(script('double', 3))).toBe(6);
  await expect(run(script('double', 4))).rejects.toMatchObject({ code: 'DIVERGENCE' });
  expect(await run(script('other', 4))).toBe(8);
  const changed = (model: Model) =>
    model.checkpoint(1, (cp) => cp.cached('double', { factor: 3 }, ({ factor }) => factor * 3));
  await expect(run(changed)).rejects.toThrow(/fn .* → /);
  expect(await run(changed, { onDivergence: 'rerun' })).toBe(9);
});

test('a function that closes over something is refused by name, unless it is given', async () => {
  const { run } = await session();
  const factor = 3;
  const closed = (model: Model) => model.checkpoint(1, (cp) => cp.cached('closed', {}, () => factor));
  await expect(run(closed)).rejects.toThrow(/factor/);
  expect(
    await run((model) => model.checkpoint(1, (cp) => cp.cached('closed', {}, () => factor, { deps: { factor } }))),
  ).toBe(3);
});

test('a data set among the deps of a cached function counts by its content', async () => {
  const { run } = await session();
  const script = (samples: typeof data) => (model: Model) =>
    model.checkpoint(1, (cp) => cp.cached('length', {}, () => samples.length, { deps: { samples } }));
  expect(await run(script(line(16)))).toBe(16);
  expect(await run(script(line(16)))).toBe(16);
  await expect(run(script(line(8)))).rejects.toMatchObject({ code: 'DIVERGENCE' });
});

test('a result that cannot be recorded is refused when it is returned, and leaves nothing behind', async () => {
  const { run } = await session();
  const script = (model: Model) => model.checkpoint(1, (cp) => cp.cached('fn', {}, () => ({ deep: [() => 1] })));
  await expect(run(script)).rejects.toThrow(/deep/);
  await expect(run(script)).rejects.toMatchObject({ code: 'UNRECORDABLE_VALUE' });
});
