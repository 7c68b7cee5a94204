// reprise rerun and accept: a divergence settled from outside the script, once.
import { DivergenceError } from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { cli, script } from './support.js';

test('rerun lets the next run compute what diverged, once', async () => {
  const { session, call } = await cli();
  await session.run(script());
  await expect(session.run(script({ lr: 0.2 }))).rejects.toBeInstanceOf(DivergenceError);
  const { code, out } = await call('rerun', 'toy/1/train#1');
  expect(code).toBe(0);
  expect(out).toMatch(/^The next run that calls something else at #\d+ toy\/1\/train#1 computes that, once\.\n/);
  expect((await call('log', 'toy/1')).out).toContain('rerun next');
  const steps = session.counts.steps;
  await session.run(script({ lr: 0.2 }));
  expect(session.counts.steps).toBeGreaterThan(steps);
  await expect(session.run(script({ lr: 0.3 }))).rejects.toBeInstanceOf(DivergenceError);
});

test('accept lets the next run take what is recorded', async () => {
  const { session, call } = await cli();
  await session.run(script());
  await call('accept', 'toy/1/train#1');
  const steps = session.counts.steps;
  await session.run(script({ lr: 0.2 }));
  expect(session.counts.steps).toBe(steps);
});

test('what was said can be taken back', async () => {
  const { session, call, json } = await cli();
  await session.run(script());
  await call('rerun', 'toy/1/train#1');
  expect(await json('accept', 'toy/1/train#1')).toMatchObject({ policy: 'accept', before: 'rerun' });
  const { code, out } = await call('rerun', 'toy/1/train#1', '--undo');
  expect([code, out]).toEqual([0, expect.stringMatching(/^Taken back: accept at #\d+ toy\/1\/train#1\./)]);
  await expect(session.run(script({ lr: 0.2 }))).rejects.toBeInstanceOf(DivergenceError);
  const again = await call('rerun', 'toy/1/train#1', '--undo');
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('nothing to take back')]);
});

describe('is refused', () => {
  test.each([
    ['toy/1/handle/evaluate#1', 'it changes no state, so a call that is not recorded just runs'],
    ['toy/1/setup#1', 'what changed in it shows at the next train that stands on it'],
    ['toy/1', "'toy/1' is checkpoint '1' of model 'toy'; what is needed here is an op. It has 'toy/1/setup#1'"],
  ])('for %s', async (address, why) => {
    const { session, call } = await cli();
    await session.run(script());
    const { code, out, err } = await call('rerun', address);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(why);
  });

  test('for a superseded op, naming the one that is there', async () => {
    const { session, call, json } = await cli();
    await session.run(script());
    const { op } = await json<{ op: { number: number } }>('show', 'toy/1/train#1');
    await session.run(script({ lr: 0.2 }), { onDivergence: 'rerun' });
    const { code, err } = await call('accept', String(op.number));
    expect(code).toBe(1);
    expect(err).toMatch(
      /is superseded: the script is not compared with it\. It is #\d+ toy\/1\/train#1 that is there now\./,
    );
  });
});
