import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { callback, type Callback, type Host, lrMonitor, type Model, openModel, type OpenOptions } from '@reprise/core';
import { openStore } from '@reprise/store';
import { line, temporaryFolder } from '../support/session.js';
import { type Counts, toyEngine } from '../support/toy-engine.js';

export const train = line(40);
export const val = line(16, 2);
/** Of `train`, in batches of eight. */
export const stepsAnEpoch = 5;

/** Scripts over one store, on a clock that moves whenever it is read: within an epoch, loggers are told at some of the steps. */
export interface LoggingSession {
  /** Where loggers write. */
  readonly logs: string;
  readonly store: string;
  readonly counts: Counts;
  readonly printed: readonly string[];
  run<T>(
    script: (model: Model) => Promise<T>,
    options?: OpenOptions<{ width: number }> & { readonly id?: string; readonly tick?: number },
  ): Promise<T>;
}

export async function loggingSession(): Promise<LoggingSession> {
  const folder = await temporaryFolder();
  const counts: Counts = { loads: 0, steps: 0, evaluations: 0 };
  const printed: string[] = [];
  const store = join(folder, 'store');
  return {
    logs: join(folder, 'logs'),
    store,
    counts,
    printed,
    run: async (script, { id = 'toy', tick = 90, ...options } = {}) => {
      let now = 0;
      const host: Host = {
        output: { write: (text) => void printed.push(text), isTerminal: false, columns: 80 },
        now: () => Date.now(),
        elapsed: () => (now += tick),
        provenance: { host: 'test' },
        availableThreads: 2,
        sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
        writeFile: async () => undefined,
      };
      const plotter = { metrics: async () => ({ lines: [], svg: '' }) };
      const parts = { store: await openStore(store), host, plotter, ownsStore: true };
      const model = await openModel(id, toyEngine(counts), { hparams: { width: 3 }, ...options }, parts);
      try {
        return await script(model);
      } finally {
        await model.close();
      }
    },
  };
}

/** Callbacks that log at all times that there are: values of steps and of epochs, before all and behind all, NaN among them. */
export function noisy(): readonly Callback[] {
  return [
    lrMonitor(),
    callback('noisy', {
      observes: true,
      state: { count: 0 },
      onFitStart(ctx, state) {
        ctx.log('z/seen', state.count++);
      },
      onStepStart(ctx, state) {
        ctx.log('started', state.count++);
      },
      onStepEnd(ctx, state) {
        ctx.log('loss', ctx.step % 4 === 0 ? Number.NaN : ctx.loss);
        // Not from the beginning.
        if (ctx.step > 7) ctx.log('late, "quoted"\nkey', state.count++);
      },
      onEpochEnd(ctx, state) {
        ctx.log('at end of epoch', state.count++, { per: 'step' });
        ctx.log('infinite', ctx.epoch === 1 ? Infinity : -0);
      },
      onFitEnd(ctx, state) {
        ctx.log('z/seen', state.count++);
        ctx.log('behind all', state.count++, { per: 'step' });
      },
    }),
  ];
}

/** The files below a folder, by path, in order. */
export async function filesIn(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  return files.map((path) => path.slice(folder.length + 1)).toSorted();
}

export async function contentOf(folder: string): Promise<{ readonly [path: string]: string }> {
  const paths = await filesIn(folder);
  return Object.fromEntries(
    await Promise.all(
      paths.map(async (path) => [path, (await readFile(join(folder, path))).toString('latin1')] as const),
    ),
  );
}

/** When each file was last written to, and which file it is. */
export async function stampsOf(folder: string): Promise<readonly (readonly [string, bigint, bigint])[]> {
  const paths = await filesIn(folder);
  return Promise.all(
    paths.map(async (path) => {
      const { mtimeNs, ino } = await stat(join(folder, path), { bigint: true });
      return [path, mtimeNs, ino] as const;
    }),
  );
}
