import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { arch, availableParallelism, cpus, hostname, platform } from 'node:os';
import type { Host } from '@reprise/core';
import { RepriseError } from '@reprise/core';
import { wantsColours } from './colours.js';
import { userFiles } from './user-files.js';
import { ending, whileDrawn } from './while-drawn.js';

/** The machine that Node runs on. */
export function nodeHost(): Host {
  const { stdout, stderr } = process;
  let provenance: Host['provenance'] | undefined;
  return {
    output: {
      write: (text) => void stdout.write(text),
      // A dumb one can't move its cursor.
      isTerminal: stdout.isTTY && process.env['TERM'] !== 'dumb',
      get columns() {
        // Where nobody has told the terminal its size, it says 0.
        return stdout.columns > 0 ? stdout.columns : 80;
      },
      colors: wantsColours(stdout.isTTY, process.env, true),
      get written() {
        return stdout.bytesWritten + (stderr.isTTY ? stderr.bytesWritten : 0);
      },
      whileDrawn: (undo) => whileDrawn(undo, stdout),
    },
    now: () => Date.now(),
    elapsed: () => performance.now(),
    get provenance() {
      return (provenance ??= described());
    },
    availableThreads: availableParallelism(),
    writeFile: (path, bytes) => userFiles.write(path, bytes),
    files: userFiles,
    checkWritable,
    sleep: async (milliseconds, signal) => {
      await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
    },
    onSignal,
  };
}

async function checkWritable(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const refused = (why: string, cause?: unknown): RepriseError =>
    new RepriseError('FILE_IO', `${path} can't be written: ${why}.`, { cause });
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw refused(`there is no folder ${folder}. Make it first, or name another`);
  const there = await stat(path).catch(() => null);
  if (there?.isDirectory() === true) throw refused('it is a folder. Name a file in it');
  const target = there === null ? folder : path;
  await access(target, constants.W_OK).catch((cause: Error) => {
    throw refused(cause.message, cause);
  });
}

function onSignal(listener: (signal: string) => void): () => void {
  const heard = (signal: NodeJS.Signals): void => {
    stop();
    listener(signal);
  };
  const stop = (): void => {
    for (const signal of ending) process.off(signal, heard);
  };
  for (const signal of ending) process.on(signal, heard);
  return stop;
}

/** Asking for the processors reads files of the system: 0.2 ms and more. */
function described(): Host['provenance'] {
  return {
    node: process.version,
    host: hostname(),
    platform: `${platform()}-${arch()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
  };
}
