// What callbacks must not do to what is recorded, and what is said instead.
import {
  adam,
  callback,
  type Callback,
  type CallbackContext,
  ema,
  type Model,
  modelCheckpoint,
  mse,
  type StateDict,
} from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { line, type Session, session } from '../support/session.js';

const train = line(40);
const val = line(16, 2);

const script =
  (callbacks: readonly Callback[], more: object = {}) =>
  async (model: Model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: adam({ lr: 0.1 }) });
      await cp.train(train, val, { epochs: 2, batchSize: 8, callbacks, ...more });
    });
    return model.checkpoint(1).stateDigest();
  };

/** Something with state of its own. */
class Level {
  level = 0;
  stateDict(): StateDict {
    return { level: this.level };
  }
  loadStateDict(state: StateDict): void {
    this.level = state['level'] as number;
  }
}

describe('a callback object', () => {
  test('is in one train at a time: a second one beside it is refused, and the first is what it is alone', async () => {
    const [one, two]: readonly Session[] = [await session(), await session()];
    const average = ema({ decay: 0.7 });
    let refused: unknown = null;
    const besides = callback(
      'besides',
      {
        observes: true,
        onFitStart: async () => {
          refused = await two!.run(script([average])).catch((error: unknown) => error);
        },
      },
      { key: 'besides' },
    );
    const first = await one!.run(script([average, besides]));
    expect(refused).toMatchObject({ code: 'OP_IN_FLIGHT' });
    expect(first).toBe(await (await session()).run(script([ema({ decay: 0.7 })])));
    // And afterwards it is free.
    await two!.run(script([average]));
  });

  test('that only observes can neither average nor be registered', async () => {
    const { run } = await session();
    const averages: Callback = { name: 'a', key: 'a', observes: true, averages: () => new Map() };
    await expect(run(script([averages]))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await run((model) =>
      model.checkpoint(2, async (cp) => {
        await expect(cp.register('kept', modelCheckpoint())).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      }),
    );
  });

  test.each(['constructor', 'toString', '__proto__'])('can not be called %s', async (name) => {
    const { run } = await session();
    await run((model) =>
      model.checkpoint(1, async (cp) => {
        await expect(cp.register(name, new Level())).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      }),
    );
  });
});

describe('a context', () => {
  test('ends with its hook: what comes later is refused, and changes nothing', async () => {
    let kept: CallbackContext | null = null;
    const keeps = callback('keeps', { onEpochEnd: (ctx) => void (kept = ctx) }, { key: 'keeps' });
    const { run } = await session();
    const digest = await run(async (model) => {
      const end = await script([keeps])(model);
      const late = kept as unknown as CallbackContext;
      for (const call of [
        () => late.stop('late'),
        () => late.log('late', 1),
        () => late.setParameters(new Map()),
        () => late.parameters(),
      ])
        expect(call).toThrow(expect.objectContaining({ code: 'OP_IN_FLIGHT' }) as Error);
      return end;
    });
    expect(digest).toBe(
      await (await session()).run(script([callback('keeps', { onEpochEnd: () => undefined }, { key: 'keeps' })])),
    );
  });

  test('of a hook that does not wait for its own is refused as well', async () => {
    const errors: unknown[] = [];
    const forgets = callback(
      'forgets',
      {
        onEpochEnd(ctx) {
          void Promise.resolve()
            .then(() => Promise.resolve())
            .then(() => ctx.stop('late'))
            .catch((error: unknown) => errors.push(error));
        },
      },
      { key: 'forgets' },
    );
    const { run } = await session();
    await run(script([forgets]));
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatchObject({ code: 'OP_IN_FLIGHT' });
  });

  test('shows an observer a copy of the scores', async () => {
    const spoils = callback(
      'spoils',
      { observes: true, onEpochEnd: (ctx) => void ((ctx.scores as { val_loss: number }).val_loss = -1) },
      { key: 'spoils' },
    );
    const stops = callback('stops', {
      onEpochEnd: (ctx) => (ctx.scores['val_loss']! < 0 ? ctx.stop('spoilt') : undefined),
    });
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: adam({ lr: 0.1 }) });
        const { stopped } = await cp.train(train, val, { epochs: 2, batchSize: 8, callbacks: [spoils, stops] });
        expect(stopped).toBe('epochs');
      });
    });
  });

  test('shows copies of parameters and batches: writing to them changes nothing', async () => {
    const writes = callback(
      'writes',
      {
        observes: true,
        onStepStart: (ctx) => void (ctx.batch?.get('input')?.data as Float32Array | undefined)?.fill(0),
        onStepEnd(ctx) {
          for (const { data } of ctx.parameters().values()) (data as Float32Array).fill(0);
        },
      },
      { key: 'writes' },
    );
    expect(await (await session()).run(script([writes]))).toBe(await (await session()).run(script([])));
  });

  test.each(['accuracy', 'val_acc'])(
    'of a callback that looks at %s, which there is not, is an error at the end of the first epoch',
    async (monitor) => {
      const looks = callback('looks', { monitors: [monitor], onEpochEnd: () => undefined });
      await expect((await session()).run(script([looks]))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    },
  );

  test('lets nothing be changed where a train is gone on with: that depends on where it was interrupted', async () => {
    const { run, counts } = await session();
    const stop = new AbortController();
    const restores = (aborts: boolean): Callback =>
      callback(
        'restores',
        {
          onStepEnd: ({ step }) => void (aborts && step === 3 && stop.abort(new Error('enough'))),
          onRestore: (ctx) => ctx.stop('restored'),
        },
        { key: 'restores' },
      );
    const options = { snapshots: { every: { steps: 1 } } };
    await expect(run(script([restores(true)], { ...options, signal: stop.signal }))).rejects.toThrow('enough');
    await expect(run(script([restores(false)], options))).rejects.toMatchObject({ code: 'REFUSED' });
    expect(counts.steps).toBe(3);
  });
});

test('a hook that never ends is left where training is aborted', { timeout: 5000 }, async () => {
  const stop = new AbortController();
  const never = callback(
    'never',
    {
      onEpochEnd: () => {
        setTimeout(() => stop.abort(new Error('enough')), 5);
        return new Promise<void>(() => undefined);
      },
    },
    { key: 'never' },
  );
  const { run } = await session();
  await expect(run(script([never], { signal: stop.signal }))).rejects.toThrow('enough');
});

test('a state that looks like a tensor and is none is refused where it is given', async () => {
  const { run } = await session();
  const bad = { dtype: 'float32', shape: [5], data: new Float32Array(3) } as const;
  const stateful = { stateDict: (): StateDict => ({ bad }), loadStateDict: () => undefined };
  await run((model) =>
    model.checkpoint(1, async (cp) => {
      await expect(cp.register('own', stateful)).rejects.toThrow(/a tensor whose data are of its dtype/);
    }),
  );
});

describe('what is registered', () => {
  const blocks = (level: Level, fails: boolean) => async (model: Model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: adam({ lr: 0.1 }) });
      await cp.register('level', level);
      const moves = callback('moves', { onStepEnd: () => void level.level++ }, { key: 'moves' });
      await cp.train(train, { epochs: 1, batchSize: 8, callbacks: [moves] });
      const throws = callback(
        'throws',
        {
          onStepEnd: ({ step }) => {
            level.level++;
            if (fails && step === 8) throw new Error('enough');
          },
        },
        { key: 'throws' },
      );
      const failed = await cp.train(train, { epochs: 1, batchSize: 8, callbacks: [throws] }).catch(() => null);
      expect(failed === null).toBe(fails);
    });
  };

  test('is back where the block is when a train has thrown', async () => {
    const level = new Level();
    await (await session()).run(blocks(level, true));
    expect(level.level).toBe(5);
  });

  test('is carried along by a train that is not recorded', async () => {
    await (
      await session()
    ).run(async (model) => {
      const level = new Level();
      await blocks(level, false)(model);
      await model.train(train, { epochs: 1, batchSize: 8 });
      await model.checkpoint(2, async (cp) => {
        const again = new Level();
        await cp.register('level', again);
        expect(again.level).toBe(10);
      });
    });
  });

  test('an average begins anew for what was frozen meanwhile', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: adam({ lr: 0.1 }) });
        await cp.register('average', ema({ decay: 0.5 }));
        await cp.train(train, { epochs: 1, batchSize: 8 });
        await cp.loadStateDict({ w: Float32Array.of(1, 2, 3) });
        await cp.train(train, { epochs: 1, batchSize: 8 });
      });
    });
  });
});
