import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Block,
  decode,
  DivergenceError,
  type Model,
  mse,
  type NetStateDict,
  sgd,
  type Tensor,
  type Tensors,
  type Weights,
} from '@reprise/core';
import { writeSafetensors } from '@reprise/formats';
import { openStore } from '@reprise/store';
import { describe, expect, test } from 'vitest';
import { line, session, trained } from '../support/session.js';

const data = line(16);
const anEpoch = { epochs: 1, batchSize: 8 };

/** The array itself. */
const arrayIn = (dict: NetStateDict): Float32Array => (dict['w'] as Tensor).data as Float32Array;
const weights = (...values: number[]): Weights => ({ w: Float32Array.from(values) });
const tensors = (...values: number[]): Tensors =>
  new Map([['w', { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) }]]);

async function valuesAt(on: Pick<Model, 'stateDict'>): Promise<number[]> {
  return Array.from(arrayIn(await on.stateDict()));
}

/** A block that loads between two trains. */
const between =
  (given: Weights | string, options = {}) =>
  async (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await cp.train(data, anEpoch);
      const report = await cp.loadWeights(given, options);
      const second = await cp.train(data, anEpoch);
      return { report, second };
    });

describe('a state dict', () => {
  test('does not change when the model that it comes from is trained, nor when somebody writes to it', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, trained());
      const before = await model.stateDict();
      const values = [...arrayIn(before)];
      await model.checkpoint(2, trained(0.2));
      expect([...arrayIn(before)]).toEqual(values);
      const after = await model.stateDict();
      expect([...arrayIn(after)]).not.toEqual(values);
      arrayIn(after).fill(7);
      expect(await valuesAt(model)).not.toContain(7);
      expect(await valuesAt(model.checkpoint(1))).toEqual(values);
      expect(Object.isFrozen(before)).toBe(true);
    });
  });

  test('goes from model to model as in the reference framework: what was loaded stays, whatever becomes of its origin', async () => {
    const { run } = await session();
    const dict = await run(async (one) => {
      const untrained = await one.stateDict();
      await one.checkpoint(1, trained());
      return { untrained, trained: await one.stateDict() };
    });
    await run(
      async (two) => {
        await two.loadStateDict(dict.untrained);
        expect(await two.stateDict()).toEqual(dict.untrained);
        await two.loadStateDict(dict.trained);
        expect(await two.stateDict()).toEqual(dict.trained);
      },
      { id: 'two', seed: 5 },
    );
  });

  test('of a recorded state loads no engine', async () => {
    const { run, counts } = await session();
    await run((model) => model.checkpoint(1, trained()));
    const { loads } = counts;
    await run(async (model) => {
      expect(await valuesAt(model.checkpoint(1))).toHaveLength(3);
      const other = await model.checkpoint(1, async (cp) => {
        await trained()(cp);
        return cp.stateDict();
      });
      expect(Array.from(arrayIn(other))).toEqual(await valuesAt(model));
    });
    expect(counts.loads).toBe(loads);
  });

  test('of what an unrecorded train left is that', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, trained());
      const before = await valuesAt(model);
      await model.train(data, { epochs: 1, progress: 'silent' });
      expect(await valuesAt(model)).not.toEqual(before);
    });
  });

  test('loaded where it comes from leads to the very state', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, trained());
      const before = await model.checkpoint(1).stateDigest();
      await model.loadStateDict(await model.stateDict());
      await model.checkpoint(2, (cp) => cp.evaluate(data));
      expect(await model.checkpoint(2).stateDigest()).toBe(before);
    });
  });
});

describe('a load in a block', () => {
  test('is recorded: the second run replays what stands on it, and loads no engine', async () => {
    const { run, counts } = await session();
    const first = await run(between(weights(1, 2, 3)));
    expect(first.report).toEqual({ loaded: ['w'], missing: [], unexpected: [], mismatched: [] });
    const before = { ...counts };
    expect(await run(between(weights(1, 2, 3)))).toEqual(first);
    expect(counts).toEqual(before);
  });

  test('changes the weights and leaves the optimizer, the schedulers and the position alone', async () => {
    const { run, folder } = await session();
    const states = await run(async (model) => {
      await model.checkpoint(1, trained());
      await model.checkpoint(2, (cp) => cp.loadStateDict(weights(1, 2, 3)));
      return [await model.checkpoint(1).stateDigest(), await model.checkpoint(2).stateDigest()];
    });
    const store = await openStore(join(folder, 'store'));
    const [before, after] = await Promise.all(
      states.map(
        async (digest) => decode(await store.blobs.get(digest)) as { readonly net: { readonly tensors: object } },
      ),
    );
    await store.close();
    const w = { dtype: 'float32', shape: [3], bytes: new Uint8Array(Float32Array.of(1, 2, 3).buffer) };
    expect(after).toEqual({ ...before, net: { ...before?.net, tensors: { w } } });
    expect(before).toMatchObject({ optimizer: { state: { scalars: { step: 2 } } }, loop: { epoch: 1, step: 2 } });
  });

  test('of the weights that are there anyway changes nothing: what stands on it is adopted', async () => {
    const { run, counts } = await session();
    await run(async (model) => {
      await model.checkpoint(1, async (cp) => {
        await trained()(cp);
        await cp.train(data, anEpoch);
      });
      const { steps } = counts;
      await model.checkpoint(2, { from: null }, async (cp) => {
        await trained()(cp);
        await cp.loadStateDict(await cp.stateDict());
        await cp.train(data, anEpoch);
      });
      expect(counts.steps).toBe(steps);
      expect(await model.checkpoint(2).stateDigest()).toBe(await model.checkpoint(1).stateDigest());
    });
  });

  test('with other weights makes what follows diverge, and says which', async () => {
    const { run, counts } = await session();
    await run(between(weights(1, 2, 3)));
    const { steps } = counts;
    const error = (await run(between(weights(1, 2, 4))).catch((reason: unknown) => reason)) as DivergenceError;
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error.details.op).toBe('train #2');
    expect(error.details.began).toMatch(
      /^load #1 of checkpoint '1': weights\.w blake3-[0-9a-f]{8} → blake3-[0-9a-f]{8}$/,
    );
    expect(counts.steps).toBe(steps);
    await run(between(weights(1, 2, 3)));
    expect(counts.steps).toBe(steps);
  });

  test('with other options that choose the same is another call that leads to the same state', async () => {
    const { run, counts } = await session();
    await run(between(weights(1, 2, 3)));
    const { steps } = counts;
    await run(between({ v: Float32Array.of(1, 2, 3) }, { rename: { v: 'w' } }));
    await run(between(new Map([['w', Float32Array.of(1, 2, 3)]]), { strict: false }));
    expect(counts.steps).toBe(steps);
  });

  test('that was put in between is the reason that is told', async () => {
    const { run } = await session();
    const without = async (model: Model): Promise<void> =>
      model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
        await cp.train(data, anEpoch);
        await cp.train(data, anEpoch);
      });
    await run(without);
    const added = (await run(between(weights(1, 2, 3))).catch((reason: unknown) => reason)) as DivergenceError;
    expect(added.details.began).toBe("load #1 of checkpoint '1', which is new here");
    await run(between(weights(1, 2, 3)), { onDivergence: 'rerun' });
    // The same call again, without the load, is adopted from what was superseded.
    await run(without);
  });

  test('that a script no longer makes is said where its checkpoint would end in it', async () => {
    const { run, printed } = await session();
    const ending = (loads: boolean) => (model: Model) =>
      model.checkpoint(1, async (cp) => {
        await trained()(cp);
        if (loads) await cp.loadStateDict(weights(1, 2, 3));
      });
    await run(ending(true));
    expect(printed.join('')).not.toContain('no longer called');
    await run(ending(true));
    expect(printed.join('')).not.toContain('no longer called');
    await run(ending(false));
    expect(printed.join('')).toContain('[1] recorded, and no longer called: load #1. Kept.');
  });

  test('at the end of a block is the state of its checkpoint, in this run and in the next', async () => {
    const { run } = await session();
    const script = async (model: Model): Promise<number[]> => {
      await model.checkpoint(1, async (cp) => {
        await trained()(cp);
        await cp.loadStateDict(weights(1, 2, 3));
      });
      return valuesAt(model.checkpoint(1));
    };
    expect(await run(script)).toEqual([1, 2, 3]);
    expect(await run((model) => valuesAt(model.checkpoint(1)))).toEqual([1, 2, 3]);
  });

  test('that nothing stands on does not count where the block throws', async () => {
    const { run } = await session();
    const failing = (model: Model): Promise<void> =>
      model.checkpoint(1, async (cp) => {
        await trained()(cp);
        await cp.loadStateDict(weights(1, 2, 3));
        throw new Error('not today');
      });
    for (const _ of ['first', 'again']) {
      await run(async (model) => {
        await expect(failing(model)).rejects.toThrow('not today');
        expect(await valuesAt(model)).not.toEqual([1, 2, 3]);
      });
    }
  });

  test('that a call was answered on counts where the block throws, and a later one that none was does not', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, trained());
      const failing = model.checkpoint(2, async (cp) => {
        await cp.loadStateDict(weights(9, 9, 9));
        await cp.loadStateDict(weights(1, 2, 3));
        await cp.evaluate(data);
        await cp.loadStateDict(weights(4, 5, 6));
        await cp.setup({ optimizer: sgd({ lr: 0.2 }) });
        throw new Error('not today');
      });
      await expect(failing).rejects.toThrow('not today');
      expect(await valuesAt(model)).toEqual([1, 2, 3]);
      expect(await valuesAt(model.checkpoint(2))).toEqual([1, 2, 3]);
    });
  });

  test('comes before a train, before a setup, and several times', async () => {
    const { run, counts } = await session();
    const script = async (model: Model): Promise<string> => {
      await model.checkpoint(1, async (cp) => {
        await cp.loadStateDict(weights(9, 9, 9));
        await cp.loadStateDict(weights(1, 2, 3));
        await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
        await cp.train(data, anEpoch);
        await cp.loadStateDict(weights(1, 2, 3));
        await cp.train(data, anEpoch);
      });
      return model.checkpoint(1).stateDigest();
    };
    const first = await run(script);
    const { steps } = counts;
    expect(await run(script)).toBe(first);
    expect(counts.steps).toBe(steps);
  });

  test('of weights that are not the net’s loads nothing, records nothing, and can be mended', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, async (cp) => {
        await trained()(cp);
        await expect(cp.loadStateDict(weights(1, 2))).rejects.toMatchObject({ code: 'WEIGHTS_MISMATCH' });
        await expect(cp.loadStateDict({ v: Float32Array.of(1) })).rejects.toMatchObject({ code: 'WEIGHTS_MISMATCH' });
        await expect(cp.loadStateDict(weights(1, 2, 3), { strickt: false } as never)).rejects.toMatchObject({
          code: 'UNKNOWN_OPTION',
        });
        await cp.loadStateDict(weights(1, 2, 3));
        await cp.train(data, anEpoch);
      });
    });
  });

  test('says what it left out, on replay too', async () => {
    const { run, printed } = await session();
    const given = { ...weights(1, 2, 3), v: Float32Array.of(1) } as Weights;
    for (const _ of ['first', 'again']) {
      printed.length = 0;
      const { report } = await run(between(given, { strict: false }));
      expect(report.unexpected).toEqual(['v']);
      expect(printed.join('')).toContain('[1] load #1: given and not in the net: v.');
    }
  });

  test('takes the arrays as they are when it is called', async () => {
    const { run } = await session();
    await run(async (model) => {
      const values = Float32Array.of(1, 2, 3);
      await model.checkpoint(1, async (cp: Block) => {
        const loading = cp.loadStateDict({ w: values });
        values.fill(7);
        await expect(loading).rejects.toMatchObject({ code: 'DATA_ERROR' });
        values.set([1, 2, 3]);
        await cp.loadStateDict({ w: values });
        values.fill(7);
        expect(Array.from(arrayIn(await cp.stateDict()))).toEqual([1, 2, 3]);
      });
    });
  });

  test('forks with its block where that is the policy', async () => {
    const { run } = await session();
    await run(between(weights(1, 2, 3)));
    await run(
      async (model) => {
        await between(weights(4, 5, 6))(model);
        const ids = (await model.checkpoints()).map(({ id }) => id);
        expect(ids).toHaveLength(2);
      },
      { onDivergence: 'fork' },
    );
    await run(between(weights(1, 2, 3)));
  });
});

describe('a load of a file', () => {
  async function fileOf(folder: string, ...values: number[]): Promise<string> {
    const path = join(folder, 'weights.safetensors');
    await writeFile(path, writeSafetensors(tensors(...values)));
    return path;
  }

  test('is recorded by what the file holds: a changed file is a changed state before what follows', async () => {
    const { run, folder, counts } = await session();
    const path = await fileOf(folder, 1, 2, 3);
    const first = await run(between(path));
    const before = { ...counts };
    expect(await run(between(path))).toEqual(first);
    expect(counts).toEqual(before);
    await fileOf(folder, 1, 2, 4);
    const error = (await run(between(path)).catch((reason: unknown) => reason)) as DivergenceError;
    expect(error.details.began).toMatch(/^load #1 of checkpoint '1': weights\.w /);
    expect(counts).toEqual(before);
  });

  test('leads to the state that the same weights lead to from memory', async () => {
    const { run, folder, counts } = await session();
    await run(between(weights(1, 2, 3)));
    const { steps } = counts;
    await run(between(await fileOf(folder, 1, 2, 3)));
    expect(counts.steps).toBe(steps);
  });

  test('is refused where there is none, and where it is none', async () => {
    const { run, folder } = await session();
    await run(async (model) => {
      await expect(model.loadWeights(join(folder, 'nowhere.safetensors'))).rejects.toMatchObject({ code: 'FILE_IO' });
      const path = join(folder, 'none.safetensors');
      await writeFile(path, 'no tensors at all');
      await expect(model.loadWeights(path)).rejects.toMatchObject({ code: 'FILE_FORMAT' });
      await expect(model.loadWeights(path)).rejects.toThrow(path);
      await expect(model.loadWeights(5 as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    });
  });
});

describe('model.loadStateDict', () => {
  test('is not recorded: the next block stands on what it left', async () => {
    const { run, counts } = await session();
    const script = async (model: Model): Promise<string> => {
      await model.checkpoint(1, trained());
      await model.loadStateDict(weights(1, 2, 3));
      await model.checkpoint(2, (cp) => cp.train(data, anEpoch));
      return model.checkpoint(2).stateDigest();
    };
    const first = await run(script);
    const before = { ...counts };
    expect(await run(script)).toBe(first);
    // Neither the load nor what stands on it needs the engine.
    expect(counts).toEqual(before);
  });

  test('and the same load in a block lead to the same state', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, trained());
      await model.loadStateDict(weights(1, 2, 3));
      await model.checkpoint(2, (cp) => cp.train(data, anEpoch));
      await model.checkpoint(3, { from: 1 }, async (cp) => {
        await cp.loadStateDict(weights(1, 2, 3));
        await cp.train(data, anEpoch);
      });
      expect(await model.checkpoint(2).stateDigest()).toBe(await model.checkpoint(3).stateDigest());
    });
  });

  test('goes on from what an unrecorded train left, and before one', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, trained());
      await model.train(data, { epochs: 1, progress: 'silent' });
      await model.loadStateDict(weights(1, 2, 3));
      expect(await valuesAt(model)).toEqual([1, 2, 3]);
      await model.train(data, { epochs: 1, progress: 'silent' });
      expect(await valuesAt(model)).not.toEqual([1, 2, 3]);
      await model.loadCheckpoint(1);
      expect(await valuesAt(model)).toEqual(await valuesAt(model.checkpoint(1)));
    });
  });

  test('with other weights is a divergence that is explained', async () => {
    const { run } = await session();
    const script = (values: Weights) => async (model: Model) => {
      await model.checkpoint(1, trained());
      await model.loadStateDict(values);
      await model.checkpoint(2, (cp) => cp.train(data, anEpoch));
    };
    await run(script(weights(1, 2, 3)));
    const error = (await run(script(weights(3, 2, 1))).catch((reason: unknown) => reason)) as DivergenceError;
    expect(error.details.began).toBe('a model.train() or a load of weights that is not recorded');
  });

  test('is refused inside a block, and a checkpoint that stands on one can’t be tagged', async () => {
    const { run } = await session();
    await run(async (model) => {
      await model.checkpoint(1, async (cp) => {
        await trained()(cp);
        await expect(model.loadStateDict(weights(1, 2, 3))).rejects.toThrow('cp.loadStateDict()');
      });
      await model.loadStateDict(weights(1, 2, 3));
      await model.checkpoint(2, (cp) => cp.evaluate(data));
      await expect(model.tag('mine', 2)).rejects.toMatchObject({ code: 'REFUSED' });
    });
  });
});
