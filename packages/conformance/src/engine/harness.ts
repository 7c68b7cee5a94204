import { bytesOf, tensorFromBytes } from '@reprise/core';
import type { Batch, Clip, EngineState, LoadedNet, Recipe, Tensors } from '@reprise/core';
import { afterEach } from 'vitest';
import type { EngineDriver } from './driver.js';

export type Optimizer = EngineDriver<never>['optimizers'][number];

/** The nets that a test loads; they are disposed when it ends. */
export interface Harness<Hparams> {
  readonly driver: EngineDriver<Hparams>;
  load(engine?: EngineDriver<Hparams>['engine']): Promise<LoadedNet>;
}

export function useHarness<Hparams>(driver: EngineDriver<Hparams>): Harness<Hparams> {
  const loaded: LoadedNet[] = [];
  afterEach(async () => {
    for (const net of loaded.splice(0)) await net.dispose();
  });
  return {
    driver,
    async load(engine = driver.engine): Promise<LoadedNet> {
      const net = await engine.load(await engine.describe(driver.hparams), { threads: 1 });
      loaded.push(net);
      return net;
    },
  };
}

/** Gives a net its state for a seed and an optimizer. */
export function begin(net: LoadedNet, optimizer: Recipe, seed = 1): LoadedNet {
  net.restore({ net: net.initialize(seed), optimizer: net.freshOptimizer(optimizer) });
  return net;
}

export interface Run {
  readonly from: number;
  readonly to: number;
  readonly lr?: number;
  readonly seed?: number;
  readonly frozen?: readonly string[];
  readonly clip?: Clip;
  /** Which batch a step takes; without it each takes its own. */
  readonly batchOf?: (step: number) => number;
}

/** Trains from one step to before another, and returns the losses. */
export async function train<H>(
  { driver }: Harness<H>,
  net: LoadedNet,
  { recipe, lr }: Optimizer,
  run: Run,
): Promise<readonly number[]> {
  const trainer = await net.trainer({
    loss: driver.loss,
    optimizer: recipe,
    frozen: run.frozen ?? [],
    clip: run.clip ?? null,
  });
  const losses: number[] = [];
  for (let step = run.from; step < run.to; step++) {
    const batch = driver.batch(run.batchOf?.(step) ?? step, 16);
    losses.push((await trainer.step(batch, { lr: run.lr ?? lr, seed: run.seed ?? 7, step })).loss);
  }
  return losses;
}

/** A copy of named tensors that compares bit for bit. */
export function bits(tensors: Tensors): { readonly [name: string]: string } {
  return Object.fromEntries(
    [...tensors]
      .map(([name, { dtype, shape, data }]): [string, string] => {
        const hex = Buffer.from(bytesOf(data)).toString('hex');
        return [name, `${dtype} [${shape.join(', ')}] ${hex}`];
      })
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The same for all of a state. */
export function stateBits({ net, optimizer }: EngineState): unknown {
  return {
    net: bits(net),
    optimizer: optimizer && { tensors: bits(optimizer.tensors), scalars: { ...optimizer.scalars } },
  };
}

/** By how much each number of each parameter has moved. */
export function moves(before: EngineState, after: EngineState): readonly number[] {
  return [...before.net].flatMap(([name, { data }]) => {
    const moved = [...after.net.get(name)!.data].map(Number);
    return moved.map((value, i) => value - Number(data[i]));
  });
}

/** One batch with the samples of several. */
export function joined(batches: readonly Batch[]): Batch {
  const [first] = batches as [Batch];
  return new Map(
    [...first].map(([name, { dtype, shape }]) => {
      const parts = batches.map((batch) => batch.get(name)!);
      const bytes = Buffer.concat(parts.map(({ data }) => bytesOf(data)));
      const samples = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
      return [name, tensorFromBytes(dtype, [samples, ...shape.slice(1)], new Uint8Array(bytes))];
    }),
  );
}
