import { cp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { audit } from '../durability/audit.js';
import { scratchFolder } from '../durability/scratch.js';
import { Random } from '../oracle/random.js';
import { compile } from '../support/compiled.js';
import { makeBase } from './bases.js';
import { callsIn, fatesOf } from './calls.js';
import { ops } from './ops.js';
import { traced } from './strace.js';
import { newTally, type Tally } from './tally.js';
import { attempt, type Base, type Trial } from './trial.js';

const child = new URL('child.ts', import.meta.url);

export interface CampaignOptions {
  readonly seed: number;
  /** So many trials, chosen at random; all of them where it is left out. */
  readonly sample?: number;
  /** One op alone. */
  readonly only?: string | undefined;
}

/** Lists the system calls of every op on its store, then lets each be the last one, fail, and find the disk full. */
export async function campaign(
  { seed, sample, only }: CampaignOptions,
  report: (finding: string) => void,
  log: (outcome: string) => void = () => undefined,
): Promise<Tally & { readonly calls: number }> {
  const compiled = await compile(child);
  const script = compiled.path(child);
  const folder = await scratchFolder();
  const tally = newTally();
  try {
    const bases = new Map<string, Base>();
    const trials: Trial[] = [];
    let calls = 0;
    for (const op of Object.keys(ops)) {
      if (only !== undefined && op !== only) continue;
      const base = await baseOf(op, join(folder, op));
      bases.set(op, base);
      const listed = await callsOf(op, script, base);
      calls += listed.length;
      for (const call of listed) for (const fate of fatesOf(call)) trials.push({ op, call, fate });
    }
    const chosen = sample === undefined ? trials : sampleOf(trials, sample, new Random(seed, 'syscalls'));
    const next = chosen.values();
    const worker = async (): Promise<void> => {
      for (const trial of next) await attempt(trial, { script, base: bases.get(trial.op) as Base, tally }, report, log);
    };
    await Promise.all(Array.from({ length: availableParallelism() }, worker));
    return { ...tally, calls };
  } finally {
    await compiled.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

async function baseOf(op: string, folder: string): Promise<Base> {
  const exists = await makeBase(op, folder);
  return { folder, exists, live: audit(folder).live };
}

/** The calls of an op on a copy of its store. */
async function callsOf(op: string, script: string, base: Base): Promise<ReturnType<typeof callsIn>> {
  const folder = `${base.folder}-traced`;
  if (base.exists) await cp(base.folder, folder, { recursive: true });
  const { trace, code, errors, said } = await traced(script, [op, folder]);
  if (code !== 0) throw new Error(`The op '${op}' fails by itself: ${errors}${JSON.stringify(said)}`);
  return callsIn(trace, folder);
}

/** So many of each op and fate as there are among all, at random. */
function sampleOf(trials: readonly Trial[], count: number, random: Random): readonly Trial[] {
  const left = [...trials];
  return Array.from(
    { length: Math.min(count, left.length) },
    () => left.splice(random.below(left.length), 1)[0] as Trial,
  );
}
