import { mse, openModel, sgd } from '@reprise/core';
import { openStore } from '@reprise/store';
import { audit } from '../durability/audit.js';
import { noPlotter, quietHost, samples, width } from '../durability/host.js';
import type { Facts } from '../durability/say.js';
import { toyEngine } from '../support/toy-engine.js';
import type { Finding } from './tally.js';

/** What was promised by the time of a cut, and what was being done. */
export interface Promised {
  /** What the log held when a step last resolved; null where none had. */
  readonly facts: Facts | null;
  /** What it held after the step that was under way. */
  readonly next: Facts;
}

/** Looks at what a power loss left of a store, then opens it and records something more. Yields what must not be. */
export async function* check(folder: string, { facts, next }: Promised): AsyncGenerator<readonly [Finding, string]> {
  const { live, problems } = audit(folder);
  for (const { kind, what } of problems) yield ['dangling', `${kind}: ${what}`];
  for (const [place, fingerprint] of Object.entries(facts ?? {})) {
    const found = live.get(place);
    const changing = next[place] !== fingerprint;
    if (found === fingerprint || (changing && found === next[place])) continue;
    // On the way from one answer to another a place can be empty for a while.
    if (changing && found === undefined) continue;
    yield ['acknowledgedLost', `${place} is ${found ?? 'gone'}`];
  }
  for (const [place, fingerprint] of live) {
    if (facts?.[place] !== fingerprint && next[place] !== fingerprint) yield ['resurrected', place];
  }
  try {
    await append(folder);
  } catch (error) {
    yield ['unusable', String(error)];
    return;
  }
  const after = audit(folder);
  for (const { kind, what } of after.problems) yield ['dangling', `after more was recorded, ${kind}: ${what}`];
  for (const place of live.keys())
    if (!after.live.has(place)) yield ['acknowledgedLost', `${place}, when more was recorded`];
}

const data = samples(4, 1);

/** Records what the workload records too, in another model: its blobs may lie there already, whole or not, and with or without rows. */
async function append(folder: string): Promise<void> {
  const store = await openStore(folder);
  try {
    const engine = toyEngine({ loads: 0, steps: 0, evaluations: 0 });
    const parts = { store, host: quietHost, plotter: noPlotter, ownsStore: false };
    const model = await openModel('after', engine, { hparams: { width }, threads: 1 }, parts);
    await model.checkpoint('1', async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.5 }) });
      await cp.train(data, { epochs: 2, batchSize: 4, progress: 'silent' });
    });
    await model.close();
  } finally {
    await store.close();
  }
}
