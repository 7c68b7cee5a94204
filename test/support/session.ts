import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  arrays,
  type Block,
  type Host,
  type Model,
  mse,
  type OpenOptions,
  openModel,
  type Plotter,
  sgd,
  stream,
  type TrainResult,
} from '@reprise/core';
import { openStore } from '@reprise/store';
import { onTestFinished } from 'vitest';
import { tensorFilesOnDisk } from '../../packages/reprise/src/files/tensor-files.js';
import { type Counts, toyEngine } from './toy-engine.js';

/** A folder that goes when the test does. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface Session {
  readonly folder: string;
  /** What was given to each plot. */
  readonly drawn: readonly (readonly TrainResult[])[];
  readonly counts: Counts;
  readonly printed: string[];
  /** Opens the model, runs a script on it, and closes it: what one process does. */
  run<T>(
    script: (model: Model) => Promise<T>,
    options?: OpenOptions<{ width: number }> & { readonly id?: string },
  ): Promise<T>;
}

/** Scripts on the toy engine, over one store. */
export async function session(): Promise<Session> {
  const folder = await temporaryFolder();
  const counts: Counts = { loads: 0, steps: 0, evaluations: 0 };
  const printed: string[] = [];
  const host: Host = {
    output: { write: (text) => void printed.push(text), isTerminal: false, columns: 80 },
    now: () => Date.now(),
    elapsed: () => performance.now(),
    provenance: { host: 'test' },
    availableThreads: 2,
    sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
    writeFile: async () => undefined,
  };
  const drawn: (readonly TrainResult[])[] = [];
  const plotter: Plotter = {
    metrics: async (histories) => {
      drawn.push(histories);
      return { lines: [], svg: '<svg/>' };
    },
  };
  return {
    folder,
    drawn,
    counts,
    printed,
    run: async (script, { id = 'toy', ...options } = {}) => {
      const store = await openStore(join(folder, 'store'));
      const parts = { store, host, plotter, tensorFiles: tensorFilesOnDisk(), ownsStore: true };
      const model = await openModel(id, toyEngine(counts), { hparams: { width: 3 }, ...options }, parts);
      try {
        return await script(model);
      } finally {
        await model.close();
      }
    },
  };
}

/** Samples of a linear function of three inputs, a function of the seed. */
export function line(samples: number, seed: number = 1): ReturnType<typeof arrays> {
  const input = new Float32Array(samples * 3);
  stream(seed, 'test/line').fillUniform(input, -1, 1);
  const target = Float32Array.from(
    { length: samples },
    (_, i) => 0.5 * (input[3 * i] as number) - (input[3 * i + 1] as number) + 2 * (input[3 * i + 2] as number),
  );
  return arrays({ input: { data: input, shape: [3] }, target: { data: target, shape: [1] } });
}

/** A block that trains one epoch of two steps. */
export const trained =
  (lr: number = 0.1) =>
  async (cp: Block): Promise<TrainResult<never>> => {
    await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
    return cp.train(line(16), { epochs: 1, batchSize: 8 });
  };
