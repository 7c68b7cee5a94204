// DESIGN 4: what the user registers is a part of every state from there on, and is restored with it.
import { adam, callback, ema, type Model, mse, type StateDict, stepLR } from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { abortedAfterSteps } from '../support/aborts.js';
import { line, session } from '../support/session.js';

const train = line(40);

/** Something of the user's own that training moves. */
class Curriculum {
  level = 0;
  readonly seen = new Set<number>();
  stateDict(): StateDict {
    return { level: this.level, seen: this.seen };
  }
  loadStateDict(state: StateDict): void {
    this.level = state['level'] as number;
    this.seen.clear();
    for (const each of state['seen'] as Set<number>) this.seen.add(each);
  }
}

/** Moves it, and lets training depend on it. */
const moves = (curriculum: Curriculum) =>
  callback(
    'moves',
    {
      onStepEnd(ctx) {
        curriculum.level += ctx.loss;
        curriculum.seen.add(ctx.step);
        const scaled = [...ctx.parameters()].map(([name, tensor]) => {
          const data = (tensor.data as Float32Array).map((value) => value * (1 + curriculum.level * 1e-3));
          return [name, { ...tensor, data }] as const;
        });
        ctx.setParameters(new Map(scaled));
      },
    },
    { key: 'moves the curriculum, 1' },
  );

const first = (signal?: AbortSignal) => async (model: Model) => {
  const curriculum = new Curriculum();
  await model.checkpoint(1, async (cp) => {
    await cp.setup({ loss: mse(), optimizer: adam({ lr: 0.1 }), epochScheduler: stepLR({ stepSize: 2 }) });
    await cp.register('curriculum', curriculum);
    const callbacks = [moves(curriculum)];
    const stop = signal === undefined ? {} : { signal };
    await cp.train(train, { epochs: 2, batchSize: 8, callbacks, snapshots: { every: { steps: 1 } }, ...stop });
    await cp.train(train, { epochs: 1, batchSize: 8, callbacks });
  });
  return { level: curriculum.level, seen: [...curriculum.seen], digest: await model.checkpoint(1).stateDigest() };
};

describe('what is registered', () => {
  test('is carried from train to train, and has its state after a replay too', async () => {
    const { run, counts } = await session();
    const outcome = await run(first());
    expect(outcome.seen).toHaveLength(15);
    const steps = counts.steps;
    expect(await run(first())).toEqual(outcome);
    expect(counts.steps).toBe(steps);
  });

  test.each([1, 4, 5, 7, 9])(
    'is where it was when a train that was stopped after %i steps is gone on with',
    async (after) => {
      const whole = await (await session()).run(first());
      const { run, counts } = await session();
      await expect(run(first(abortedAfterSteps(counts, after)))).rejects.toThrow('stopped by the test');
      expect(await run(first())).toEqual(whole);
    },
  );

  const second = (setup: object, name: string | null) => async (model: Model) => {
    await first()(model);
    const curriculum = new Curriculum();
    let begins = Number.NaN;
    await model.checkpoint(2, { from: 1 }, async (cp) => {
      if (name !== null) await cp.register(name, curriculum);
      await cp.setup({ optimizer: adam({ lr: 0.05 }), ...setup });
      begins = curriculum.level;
      const callbacks = name === null ? [] : [moves(curriculum)];
      await cp.train(train, { epochs: 1, batchSize: 8, callbacks });
    });
    return { begins, level: curriculum.level, digest: await model.checkpoint(2).stateDigest() };
  };

  test('goes on in a block that stands on that one and registers it too', async () => {
    const { run } = await session();
    const { level } = await run(first());
    const outcome = await run(second({}, 'curriculum'));
    expect(outcome.begins).toBe(level);
    expect(outcome.level).toBeGreaterThan(level);
    expect(await run(second({}, 'curriculum'))).toEqual(outcome);
  });

  test('and left out there, is an error that names it and says what to do', async () => {
    const { run } = await session();
    await expect(run(second({}, null))).rejects.toMatchObject({
      code: 'NOT_REGISTERED',
      message: expect.stringContaining("restore: { except: ['curriculum'] }") as string,
    });
  });

  test('is renamed, left behind or carried along, as setup says', async () => {
    const { run } = await session();
    const { level } = await run(first());
    expect((await run(second({ restore: { rename: { curriculum: 'plan' } } }, 'plan'))).begins).toBe(level);
    const left = await session();
    expect((await left.run(second({ restore: { except: ['curriculum'] } }, 'curriculum'))).begins).toBe(0);
    const carried = await session();
    await carried.run(second({ restore: { strict: false } }, null));
    const third = await carried.run(async (model) => {
      await second({ restore: { strict: false } }, null)(model);
      const curriculum = new Curriculum();
      await model.checkpoint(3, { from: 2 }, (cp) => cp.register('curriculum', curriculum));
      return curriculum.level;
    });
    expect(third).toBe(level);
  });

  test('restore begins parts anew, and a name that the state has not is refused with the nearest', async () => {
    const { run } = await session();
    await expect(run(second({ restore: { except: ['curiculum'] } }, 'curriculum'))).rejects.toThrow(
      /has no 'curiculum'\. Did you mean 'curriculum'\?/,
    );
    const only = await (await session()).run(second({ restore: { only: ['net'] } }, null));
    const except = await (
      await session()
    ).run(
      second({ restore: { except: ['optimizer', 'epochScheduler', 'stepScheduler', 'loop', 'curriculum'] } }, null),
    );
    expect(only).toEqual(except);
  });

  test('an average is carried on from block to block', async () => {
    const { run } = await session();
    const averages = await run(async (model) => {
      const one = ema({ decay: 0.9 });
      await model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: adam({ lr: 0.1 }) });
        await cp.register('average', one);
        await cp.train(train, { epochs: 1, batchSize: 8 });
      });
      const other = ema({ decay: 0.9 });
      await model.checkpoint(2, async (cp) => {
        await cp.register('average', other);
        await cp.train(train, { epochs: 1, batchSize: 8 });
      });
      return other.stateDict?.()['updates'];
    });
    expect(averages).toBe(10);
  });

  test('a name that is taken, or something without state, is refused', async () => {
    const { run } = await session();
    await run(async (model) =>
      model.checkpoint(1, async (cp) => {
        await expect(cp.register('optimizer', new Curriculum())).rejects.toMatchObject({ code: 'INVALID_OPTION' });
        await expect(cp.register('x', {} as Curriculum)).rejects.toThrow(/stateDict\(\) and loadStateDict/);
        await cp.register('x', new Curriculum());
        await expect(cp.register('x', new Curriculum())).rejects.toThrow(/registered in this block already/);
      }),
    );
  });
});
