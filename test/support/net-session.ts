import { join } from 'node:path';
import { type Engine, type Host, type Model, openModel } from '@reprise/core';
import { openStore } from '@reprise/store';
import { temporaryFolder } from './session.js';

/** Scripts on a net of one's own, over one store: each run is what one process does. */
export async function netSession(
  engine: Engine<unknown>,
): Promise<{ readonly printed: readonly string[]; run<T>(script: (model: Model) => Promise<T>): Promise<T> }> {
  const folder = await temporaryFolder();
  const printed: string[] = [];
  const host: Host = {
    output: { write: (text) => void printed.push(text), isTerminal: false, columns: 80 },
    now: () => Date.now(),
    elapsed: () => performance.now(),
    provenance: { host: 'test' },
    availableThreads: 1,
    sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
    writeFile: async () => undefined,
  };
  const plotter = { metrics: async () => ({ lines: [], svg: '' }) };
  return {
    printed,
    run: async (script) => {
      const store = await openStore(join(folder, 'store'));
      const model = await openModel('net', engine, { threads: 1 }, { store, host, plotter, ownsStore: true });
      try {
        return await script(model);
      } finally {
        await model.close();
      }
    },
  };
}
