import { RepriseError, type LoadedNet, type OpContext } from '../../../src/index.js';
import { context, numbers, type TestContext } from '../../training/linear-net.js';

/** Files in memory, and what happened to them. */
export interface Disk {
  readonly files: Map<string, string>;
  /** `+ path` for each that was written, `- path` for each that was removed. */
  readonly happened: readonly string[];
  /** Paths that can't be written, or removed, for so long. */
  readonly broken: Set<string>;
  /** A context whose train writes here. */
  context(net: LoadedNet, options?: Parameters<typeof context>[1]): TestContext;
}

/** A disk. States are written as text: what is in the net, and where training stands. */
export function diskOf(files: Map<string, string> = new Map()): Disk {
  const happened: string[] = [];
  const broken = new Set<string>();
  const check = (path: string): void => {
    if (broken.has(path)) throw new RepriseError('FILE_IO', `${path} can't be written: the disk is full.`);
  };
  const own: Pick<OpContext, 'files' | 'portable'> = {
    files: {
      exists: async (path) => files.has(path),
      read: async (path) => (files.has(path) ? Buffer.from(files.get(path)!) : null),
      write: async (path, bytes) => {
        check(path);
        happened.push(`+ ${path}`);
        files.set(path, Buffer.from(bytes).toString());
      },
      remove: async (path) => {
        check(path);
        happened.push(`- ${path}`);
        files.delete(path);
      },
    },
    portable: async ({ engine, training }, { weightsOnly }) => {
      const { w, b } = numbers(engine.net);
      const { epoch, step } = training.loop;
      return Buffer.from(JSON.stringify({ w, b, ...(weightsOnly ? {} : { epoch, step }) }));
    },
  };
  return { files, happened, broken, context: (net, options) => ({ ...context(net, options), ...own }) };
}
