// One train with callbacks, on the toy engine.
import {
  adam,
  type Callback,
  type Data,
  type Model,
  mse,
  type Report,
  type SetupOptions,
  type TrainCallOptions,
  type TrainResult,
} from '@reprise/core';
import { line, type Session } from '../support/session.js';

export const train: Data = line(40);
export const val: Data = line(16, 2);
/** Steps an epoch, of batches of eight. */
export const stepsAnEpoch = 5;

export type Options = Partial<TrainCallOptions<readonly []>>;

export interface Came {
  readonly result: TrainResult;
  readonly digest: string;
  readonly report: Report;
}

export interface Given extends Options {
  readonly setup?: SetupOptions;
  readonly validation?: Data | null;
}

/** A block of a setup and a train of three epochs. */
export const script =
  (callbacks: readonly Callback[], { setup = {}, validation = val, ...options }: Given = {}) =>
  async (model: Model): Promise<Came> => {
    const result = await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: adam({ lr: 0.1 }), ...setup });
      const all = { epochs: 3, batchSize: 8, callbacks, ...options };
      return validation === null ? cp.train(train, all) : cp.train(train, validation, all);
    });
    const history = result.history.map((epoch) => ({ ...epoch, time: 0 }));
    return {
      result: { ...result, history },
      digest: await model.checkpoint(1).stateDigest(),
      report: model.report,
    };
  };

/** What a train came to, without the account of its run. */
export function end({ result, digest }: Came): object {
  return { result, digest };
}

/** Runs it, and says whether a step was taken for it. */
export async function trains(
  { run, counts }: Session,
  callbacks: readonly Callback[],
  given: Given = {},
): Promise<Came & { readonly steps: number }> {
  const before = counts.steps;
  const came = await run(script(callbacks, given));
  return { ...came, steps: counts.steps - before };
}
