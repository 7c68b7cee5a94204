// reprise explain: how a call was answered and why, from what is stored.
import { DivergenceError, mse, sgd } from '@reprise/core';
import { type Explanation, type OpDetails } from '@reprise/core/inspect';
import { expect, test } from 'vitest';
import { cli, failing, script, train, val } from './support.js';

test('an op that was computed, and then a hit', async () => {
  const { session, call } = await cli();
  await session.run(script());
  const first = (await call('explain', 'toy/1/train#1')).out;
  expect(first).toMatch(/In the last run, .*: run\. Nothing in the store answered the call, so it was computed\./);
  expect(first).toContain('Nothing was recorded at its place before.');
  await session.run(script());
  const { code, out } = await call('explain', 'toy/1/train#1');
  expect(code).toBe(0);
  expect(out).toMatch(/In the last run, .*: hit\. The script made the recorded call; nothing was computed\./);
  expect(out).toMatch(/Recorded .*: computed\./);
  expect(out).toContain('Every call of its block in that run was a hit.');
  expect(out).toMatch(/Decided by the state before it, and by\n +batchSize +8\n/);
  expect(out).toMatch(/Computing it again would take about .* for the 2 ops that stand on it\./);
});

test('a divergence: what differs, and how to settle it', async () => {
  const { session, call, json } = await cli();
  await session.run(script());
  await expect(session.run(script({ lr: 0.2 }))).rejects.toBeInstanceOf(DivergenceError);
  const { op } = await json<OpDetails>('show', 'toy/1/train#1');
  const { out } = await call('explain', String(op.number));
  expect(out).toMatch(/: diverged\. The script made another call here, and was stopped; nothing was changed\./);
  expect(out).toContain("the change began at setup #1 of checkpoint '1': optimizer.lr 0.1 → 0.2");
  expect(out).toContain(`reprise rerun ${op.number} `);
  expect(out).toContain('That was the first call of its block in that run that was not a hit.');
  expect(await json<Explanation>('explain', String(op.number))).toMatchObject({
    answer: { how: 'diverged', runsSince: 0 },
  });
  // Checkpoint 'a b/c' was not reached: what is known of it is from the run before.
  const later = (await call('explain', 'toy/a b/c/train#1')).out;
  expect(later).toMatch(/In the last run that came by it, .*: run\./);
  expect(later).toContain('1 later run of the model did not call it.');
});

test('an op whose place another has taken, and the one that took it', async () => {
  const { session, call, json } = await cli();
  await session.run(script());
  const { op } = await json<OpDetails>('show', 'toy/1/train#1');
  await session.run(script({ lr: 0.2 }), { onDivergence: 'rerun' });
  const old = (await call('explain', `#${op.number}`)).out;
  expect(old).toMatch(/: replaced\. The script made another call here, which is #\d+ toy\/1\/train#1\./);
  expect(old).toMatch(/What is recorded there now: #\d+ toy\/1\/train#1\./);
  const taken = (await call('explain', 'toy/1/train#1')).out;
  expect(taken).toMatch(/: run\./);
  expect(taken).toContain("the change began at setup #1 of checkpoint '1': optimizer.lr 0.1 → 0.2");
  await session.run(script());
  expect((await call('explain', 'toy/1/train#1')).out).toMatch(/: adopted from #\d+ toy\/1\/train#1\./);
});

test('accepted, extended and resumed ops say what they are from', async () => {
  const { session, call } = await cli();
  const chained = (epochs: number, metrics: Parameters<typeof failing>[0] | null = null) =>
    session.run((model) =>
      model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
        await cp.train(train, { epochs, batchSize: 8, metrics: metrics === null ? [] : [failing(metrics)] });
      }),
    );
  await expect(chained(3, 12)).rejects.toThrow('the power is gone');
  await chained(3);
  expect((await call('explain', 'toy/1/train#1')).out).toMatch(/: resumed\. It had been stopped on the way/);
  await chained(4);
  const { out } = await call('explain', 'toy/1/train#1');
  expect(out).toMatch(/: extended from #\d+ toy\/1\/train#1\. Only the missing epochs were trained\./);
  expect(out).toContain('epochs 3 → 4');

  const other = await cli();
  await other.session.run(script());
  await other.session.run(script({ lr: 0.3 }), { onDivergence: 'accept' });
  expect((await other.call('explain', 'toy/1/train#1')).out).toMatch(/: accepted\. The script made another call/);
});

test('a setup, which costs nothing, and an op that no kept run called', async () => {
  const { session, call, withStore } = await cli();
  await session.run(script());
  expect((await call('explain', 'toy/1/setup#1')).out).toContain('It costs nothing and is worked out each time');
  await withStore(async ({ log }) => {
    const [run] = await log.runs('toy');
    // What a later version writes, this one may not understand.
    await log.putRun({ ...run!, body: Uint8Array.of(0xc1) });
  });
  expect((await call('explain', 'toy/1/train#1')).out).toContain('No run that is kept called it.');
});

test('the first call of a block that was not a hit is named where another one is asked about', async () => {
  const { session, call } = await cli();
  const block = (batchSize: number) =>
    session.run(
      (model) =>
        model.checkpoint(1, async (cp) => {
          await cp.setup({ loss: mse(), optimizer: sgd() });
          await cp.train(train, { epochs: 1, batchSize });
          await cp.train(train, val, { epochs: 1, batchSize: 8 });
        }),
      { onDivergence: 'rerun' },
    );
  await block(8);
  await block(4);
  expect((await call('explain', 'toy/1/train#2')).out).toMatch(
    /The first call of its block in that run that was not a hit: train #1 \(#\d+\), run: batchSize 8 → 4/,
  );
});
