import { createRequire } from 'node:module';
import { CommanderError } from 'commander';
import type { Io } from './io.js';
import { jsonOf } from './json.js';
import { NoStoreError, openExisting, requireStore, storeFolder } from './open.js';
import { wantsColours } from '../host/colours.js';
import { paint } from './paint.js';
import { ProgressLine } from './progress-line.js';
import { type Asked, exitCodeOf, programOf, usageOf } from './program.js';
import { quoted } from '../shell.js';
import { type Asking, type Reply, UsageError } from './verb.js';

/**
 * Runs the command line and returns its exit code: 0; 1 where it could not do what was asked; 2 where it did not understand.
 * What it has to say goes to `io.out`, what went wrong to `io.err`.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  let exitCode = 0;
  const program = programOf(io, version, async (asked) => {
    exitCode = await perform(asked, io);
  });
  try {
    await program.parseAsync(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return exitCodeOf(error);
    io.err.write(`reprise: ${await messageOf(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function perform(asked: Asked, io: Io): Promise<number> {
  const { page, args, options, store: named, json } = asked;
  const progress = new ProgressLine(io.err, io.now);
  const asking: Asking = {
    args,
    has: (option) => options[option] === true,
    value: (option) => {
      const given = options[option];
      return typeof given === 'string' ? given : undefined;
    },
    values: (option) => (options[option] ?? []) as readonly string[],
    progress: progress.show,
  };
  try {
    const { data, lines, exitCode = 0 } = await reply(asked, asking, storeFolder(named, io), io);
    progress.clear();
    io.out.write(json ? jsonOf(data) : lines.map((line) => `${line}\n`).join(''));
    return exitCode;
  } catch (error) {
    progress.clear();
    if (error instanceof UsageError) throw new UsageError(`${error.message}\n${usageOf(page)}`, { cause: error });
    throw error;
  }
}

async function reply({ page, store: named, color }: Asked, asking: Asking, folder: string, io: Io): Promise<Reply> {
  if (page.onFolder !== undefined && asking.has(page.onFolder.option)) {
    const act = await page.onFolder.load();
    requireStore(folder);
    return act({ ...asking, folder });
  }
  const act = await page.load();
  const store = await openExisting(folder);
  try {
    return await act({
      ...asking,
      store,
      command: commandFor(named),
      paint: paint(wantsColours(io.out.isTerminal, io.env, color)),
      width: io.out.isTerminal ? io.out.columns : null,
      now: io.now,
    });
  } finally {
    await store.close();
  }
}

function commandFor(store: string | undefined): string {
  return store === undefined ? 'reprise' : `reprise --store ${quoted(store)}`;
}

/** What an error says. One that is not ours is a fault of the program: its stack helps whoever mends it. */
async function messageOf(error: unknown): Promise<string> {
  if (error instanceof NoStoreError || error instanceof UsageError) return error.message;
  const { RepriseError } = await import('@reprise/core');
  if (error instanceof RepriseError) return error.message;
  return `this is a bug, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
