import { writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { arch, availableParallelism, cpus, hostname, platform } from 'node:os';
import type { Host } from '@reprise/core';
import { RepriseError } from '@reprise/core';

/** The machine that Node runs on. */
export function nodeHost(): Host {
  const { stdout } = process;
  let provenance: Host['provenance'] | undefined;
  return {
    output: {
      write: (text) => void stdout.write(text),
      isTerminal: stdout.isTTY,
      get columns() {
        return stdout.columns ?? 80;
      },
    },
    now: () => Date.now(),
    elapsed: () => performance.now(),
    get provenance() {
      return (provenance ??= described());
    },
    availableThreads: availableParallelism(),
    writeFile: async (path, bytes) => {
      try {
        await writeFile(path, bytes);
      } catch (cause) {
        throw new RepriseError('FILE_IO', `${path} can't be written: ${(cause as Error).message}.`, { cause });
      }
    },
    sleep: async (milliseconds, signal) => {
      await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
    },
    onSignal,
  };
}

/** Ctrl-C, a scheduler that wants the machine back, a terminal that is closed. */
const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

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
