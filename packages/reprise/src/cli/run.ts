import { createRequire } from 'node:module';
import { CommanderError } from 'commander';
import type { Io } from './io.js';
import { jsonOf } from './json.js';
import { NoStoreError, openExisting, storeFolder } from './open.js';
import { paint, wantsColours } from './paint.js';
import { ProgressLine } from './progress-line.js';
import { type Asked, exitCodeOf, programOf, usageOf } from './program.js';
import { quoted } from '../shell.js';
import { UsageError } from './verb.js';

/**
 * Runs the command line and returns its exit code: 0; 1 where it could not do what was asked; 2 where it did not understand.
 * What it has to say goes to `io.out`, what went wrong to `io.err`.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  const program = programOf(io, version, (asked) => perform(asked, io));
  try {
    await program.parseAsync(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return exitCodeOf(error);
    io.err.write(`reprise: ${await messageOf(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function perform({ page, args, options, store: named, json, color }: Asked, io: Io): Promise<void> {
  const act = await page.load();
  const store = await openExisting(storeFolder(named, io));
  const progress = new ProgressLine(io.err, io.now);
  try {
    const { data, lines } = await act({
      store,
      command: commandFor(named),
      paint: paint(wantsColours(io.out.isTerminal, io.env, color)),
      width: io.out.isTerminal ? io.out.columns : null,
      now: io.now,
      args,
      has: (option) => options[option] === true,
      value: (option) => {
        const given = options[option];
        return typeof given === 'string' ? given : undefined;
      },
      progress: progress.show,
    });
    progress.clear();
    io.out.write(json ? jsonOf(data) : lines.map((line) => `${line}\n`).join(''));
  } catch (error) {
    progress.clear();
    if (error instanceof UsageError) throw new UsageError(`${error.message}\n${usageOf(page)}`, { cause: error });
    throw error;
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
