import { join } from 'node:path';
import {
  arrays,
  callback,
  type Callback,
  decode,
  modelCheckpoint,
  type ModelCheckpointOptions,
  type Model,
  mse,
  type SavedCheckpoints,
  sgd,
  type Snapshot,
  type StateDigest,
  stream,
  type TrainCallOptions,
  type TrainResult,
} from '@reprise/core';
import { openStore } from '@reprise/store';
import type { Session } from '../support/session.js';

export const stepsAnEpoch = 5;

export type Options = Partial<TrainCallOptions<readonly []>> & {
  readonly checkpoints?: readonly ModelCheckpointOptions[];
  /** Callbacks behind these. */
  readonly more?: readonly Callback[];
  readonly lr?: number;
};

/** Samples of so many inputs, each a number of its own. */
export function wide(samples: number, width: number, seed: number = 1): ReturnType<typeof arrays> {
  const input = new Float32Array(samples * width);
  stream(seed, 'test/wide').fillUniform(input, -1, 1);
  const target = Float32Array.from({ length: samples }, (_, i) => input[i * width] as number);
  return arrays({ input: { data: input, shape: [width] }, target: { data: target, shape: [1] } });
}

/** Ranks epochs as no loss would: the second of each three is best. */
export function ups(): Callback {
  return callback(
    'ups',
    { observes: true, onEpochEnd: (ctx) => ctx.log('up', [2, 0, 1][ctx.epoch % 3]! - ctx.epoch / 100) },
    { key: 'ups' },
  );
}

/** A script that trains checkpoint 1 on inputs of so many numbers. */
export function scripts(width: number) {
  const data = wide(10, width);
  const val = wide(4, width, 2);
  return ({ checkpoints = [{}], more = [], lr = 0.1 / width, ...options }: Options = {}) =>
    async (model: Model): Promise<{ readonly result: TrainResult; readonly digest: string }> => {
      const result = (await model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
        const callbacks = [ups(), ...checkpoints.map(modelCheckpoint), ...more];
        return cp.train(data, val, { epochs: 6, batchSize: 2, callbacks, ...options });
      })) as TrainResult;
      const history = result.history.map((epoch) => ({ ...epoch, time: 0 }));
      return { result: { ...result, history }, digest: await model.checkpoint(1).stateDigest() };
    };
}

/** Where the checkpoints of a result are, as `epochs steps`, in order. */
export function savedIn({ saved = {} }: TrainResult): readonly string[] {
  const all = Object.values(saved).flatMap(({ kept, last }: SavedCheckpoints) => [
    ...kept,
    ...(last === null ? [] : [last]),
  ]);
  return [...new Set(all.map(({ epochs, steps }) => `${epochs} ${steps}`))].toSorted();
}

/** What a store has of trains, after garbage was collected and all bytes were looked at. */
export async function storedBy({ folder }: Session) {
  const store = await openStore(join(folder, 'store'));
  try {
    const freed = (await store.upkeep.collect({ grace: 0 })).freed.unreferenced.count;
    const { damages } = await store.upkeep.verify({ full: true });
    const snapshots = await store.log.snapshots({});
    const nets: { [place: string]: unknown } = {};
    for (const { epoch, step, state } of snapshots) nets[`${epoch} ${step}`] = await netOf(store, state);
    const sizes: number[] = [];
    for await (const { size } of store.blobs.list()) sizes.push(size);
    const places = (which: (snapshot: Snapshot) => boolean) =>
      snapshots
        .filter(which)
        .map(({ epoch, step }) => `${epoch} ${step}`)
        .toSorted();
    return {
      freed,
      damages,
      kept: places(({ kept }) => kept),
      running: places(({ running }) => running),
      all: places(() => true),
      nets,
      sizes,
    };
  } finally {
    await store.close();
  }
}

/** The net of a state: equal where its tensors are. */
async function netOf(store: Awaited<ReturnType<typeof openStore>>, state: StateDigest): Promise<unknown> {
  return (decode(await store.blobs.get(state)) as { readonly net: unknown }).net;
}
