import { join } from 'node:path';
import { type Block, metric, type Model, mse, sgd, type Store } from '@reprise/core';
import { openStore } from '@reprise/store';
import { line, type Session, session } from '../../../../test/support/session.js';
import type { Io } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';

/** What one call of the command line came to. */
export interface Called {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Cli {
  readonly session: Session;
  readonly folder: string;
  /** Calls the command line on the session's store, in this process. */
  call(...args: readonly string[]): Promise<Called>;
  /** The same, and reads what it printed as JSON. */
  json<T>(...args: readonly string[]): Promise<T>;
  /** Looks at the store by hand. */
  withStore<T>(body: (store: Store) => Promise<T>): Promise<T>;
}

/** Scripts on the toy engine, and the command line over their store. */
export async function cli(): Promise<Cli> {
  const scripts = await session();
  const folder = join(scripts.folder, 'store');
  const call = (...args: readonly string[]): Promise<Called> => callWith(args, { env: { REPRISE_STORE: folder } });
  return {
    session: scripts,
    folder,
    call,
    json: async <T>(...args: readonly string[]) => {
      const { code, out, err } = await call(...args, '--json');
      if (code !== 0) throw new Error(err);
      return JSON.parse(out) as T;
    },
    withStore: async (body) => {
      const store = await openStore(folder);
      try {
        return await body(store);
      } finally {
        await store.close();
      }
    },
  };
}

/** Calls the command line with parts of a process's surroundings. */
export async function callWith(
  args: readonly string[],
  {
    env = {},
    terminal = false,
    columns = 80,
    folder = '/',
  }: Partial<Pick<Io, 'env' | 'folder'>> & { terminal?: boolean; columns?: number },
): Promise<Called> {
  const written = { out: '', err: '' };
  const sink = (name: 'out' | 'err') => ({
    write: (text: string) => void (written[name] += text),
    isTerminal: terminal,
    columns,
  });
  const io: Io = { out: sink('out'), err: sink('err'), env, folder, now: () => Date.UTC(2026, 0, 2) };
  const code = await run(args, io);
  return { code, ...written };
}

export const train = line(40);
export const val = line(16, 2);

/** A script whose arguments are the edits that a person makes: checkpoint 1, 2 on it, and an evaluate on 1's handle. */
export const script =
  ({ lr = 0.1, epochs = 2, extra = false } = {}) =>
  async (model: Model): Promise<void> => {
    await model.checkpoint(1, { description: 'first' }, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
      await cp.train(train, val, { epochs, batchSize: 8, watch: 'loss' });
      if (extra) await cp.evaluate(val);
    });
    await model.checkpoint('a b/c', onceMore);
    await model.checkpoint(1).evaluate(val);
  };

async function onceMore(cp: Block): Promise<void> {
  await cp.train(train, { epochs: 1, batchSize: 8 });
}

/** A metric that only observes, and throws after so many batches. */
export const failing = (batches: number) =>
  metric(
    'failing',
    {
      mode: 'min',
      init: () => 0,
      update: (count: number) => {
        if (batches-- === 0) throw new Error('the power is gone');
        return count + 1;
      },
      result: (count: number) => count,
    },
    { key: 'counts' },
  );
