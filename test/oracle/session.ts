import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DivergencePolicy, type Host, type Model, openModel, type Store } from '@reprise/core';
import { openStore } from '@reprise/store';
import { newMeter, oracleEngine } from './engine.js';
import { explained, latestOp } from './explained.js';
import { forgetful } from './forgetful.js';
import { mortal } from './mortal.js';
import { PlainModel } from './plain.js';
import { play, type Play } from './play.js';
import type { Script } from './script.js';

/** How a script is run. */
export interface Manner {
  readonly policy: DivergencePolicy;
  /** Stops the run before this training step, counted from 0 over the run: by its signal, or as the death of its process does. */
  readonly kill?: { readonly at: number; readonly by: 'signal' | 'death' };
  /** A clock on which every epoch takes long, so that states are stored on the way. */
  readonly slow?: boolean;
  /** Nothing is answered from the store. */
  readonly uncached?: boolean;
}

export interface Ran extends Play {
  readonly printed: string;
  readonly loads: number;
  /** What `explain` has no reason for. */
  readonly unexplained: readonly string[];
}

/** What a killed run's calls reject with. */
export const killed = 'KILLED';
const killing = (): Error => Object.assign(new Error('killed'), { code: killed });

/** In memory where the machine offers that: what is tested here isn't durability, and a commit waits for the disk. */
const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(base, 'reprise-oracle-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A copy of what is in a folder. */
export async function withCopy<T>(of: string, use: (folder: string) => Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    await cp(of, folder, { recursive: true });
    return use(folder);
  });
}

/** Runs a script over the store in a folder, as a process would: opens the model, plays, closes. */
export async function run(folder: string, script: Script, manner: Manner): Promise<Ran> {
  const { policy, kill, slow = false, uncached = false } = manner;
  const meter = newMeter();
  const controller = kill?.by === 'signal' ? new AbortController() : null;
  const embedded = await openStore(join(folder, 'store'));
  const guarded = mortal(uncached ? forgetful(embedded) : embedded, killing);
  meter.beforeStep = () => {
    if (kill === undefined || meter.steps !== kill.at) return;
    controller?.abort(killing());
    if (controller !== null) return;
    guarded.die();
    throw killing();
  };
  const printed: string[] = [];
  let played: Play;
  let unexplained: readonly string[] = [];
  try {
    const before = await latestOp(embedded.log);
    const model = await opened(guarded.store, script, policy, hostOf(printed, slow), meter);
    try {
      played = await play(model, script, meter, controller?.signal ?? null);
      if (!uncached && played.error === null) unexplained = await explained(model, embedded.log, before);
    } finally {
      await model.close().catch((reason: unknown) => {
        if ((reason as { readonly code?: string }).code !== killed) throw reason;
      });
    }
  } finally {
    await embedded.close();
  }
  return { ...played, printed: printed.join(''), loads: meter.loads, unexplained };
}

/** The same without a store, and without the product's model. */
export async function runPlain(script: Script): Promise<Play> {
  const model = await PlainModel.open(script, hostOf([], false));
  return play(model as unknown as Model, script, newMeter(), null);
}

/** What a user says from outside of the script: how the next divergence at an op is to be settled. */
export async function settle(folder: string, op: number): Promise<void> {
  const store = await openStore(join(folder, 'store'));
  await store.log.settle(op, 'rerun', Date.now());
  await store.close();
}

/** `reprise rerun` of every op that was accepted for another call. */
export async function undoAcceptances(folder: string): Promise<void> {
  const store = await openStore(join(folder, 'store'));
  for (const { id, record } of await store.log.entries({ status: 'live' })) {
    if ((await store.log.aliases(record)).length > 0) await store.log.settle(id, 'rerun', Date.now());
  }
  await store.close();
}

/** What a user does between runs: forgets a checkpoint. */
export async function forget(folder: string, script: Script, checkpoint: string): Promise<void> {
  const store = await openStore(join(folder, 'store'));
  const model = await opened(store, script, 'rerun', hostOf([], false), newMeter());
  await model.deleteCheckpoint(checkpoint);
  await model.close();
  await store.close();
}

function opened(
  store: Store,
  { model, description, seed, width, note, bias }: Script,
  onDivergence: DivergencePolicy,
  host: Host,
  meter: ReturnType<typeof newMeter>,
): Promise<Model> {
  const plotter = { metrics: async () => ({ lines: [], svg: '<svg/>' }) };
  const weights = bias === null ? {} : { weights: { 'head.b': Float32Array.of(bias) } };
  const options = { hparams: { width, note }, seed, description, onDivergence, ...weights };
  return openModel(model, oracleEngine(meter), options, { store, host, plotter, ownsStore: false });
}

function hostOf(printed: string[], slow: boolean): Host {
  let asked = 0;
  return {
    output: { write: (text) => void printed.push(text), isTerminal: false, columns: 80 },
    now: () => Date.now(),
    elapsed: () => performance.now() + (slow ? 5000 * asked++ : 0),
    provenance: { host: 'oracle' },
    availableThreads: 1,
    sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
    writeFile: async () => undefined,
  };
}
