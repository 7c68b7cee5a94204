import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { audit } from '../durability/audit.js';
import { scratchFolder } from '../durability/scratch.js';
import { type Call, type Fate, isVital } from './calls.js';
import { type Op, ops, perform } from './ops.js';
import { type Ended, tampered } from './strace.js';
import type { Tally } from './tally.js';

/** One op, one of its calls, and what becomes of that. */
export interface Trial {
  readonly op: string;
  readonly call: Call;
  readonly fate: Fate;
}

/** What a store held before. */
export interface Base {
  readonly folder: string;
  readonly exists: boolean;
  readonly live: ReadonlyMap<string, string>;
}

function described({ op, call, fate }: Trial): string {
  return `${op}: ${fate} at ${call.syscall} #${call.when} on '${call.path}'`;
}

/** Tries it on a copy of the store. What must not be is reported in words. */
export async function attempt(
  trial: Trial,
  { script, base, tally }: { readonly script: string; readonly base: Base; readonly tally: Tally },
  report: (finding: string) => void,
  log: (outcome: string) => void,
): Promise<void> {
  const { op, call, fate } = trial;
  const scratch = await scratchFolder();
  const folder = join(scratch, 'store');
  const found = (what: string): void => {
    tally.violations++;
    report(`${described(trial)}: ${what}`);
  };
  try {
    if (base.exists) await cp(base.folder, folder, { recursive: true });
    const ended = await tampered(script, [op, folder], join(folder, call.path), call, fate);
    const resolved = ended.said.some((said) => 'done' in said);
    const reached = fate === 'kill' ? ended.signal === 'SIGKILL' && !ended.hung : ended.trace.includes('(INJECTED)');
    if (!reached && !ended.hung) {
      tally.unreached++;
      log(`${described(trial)}: not reached`);
      return;
    }
    tally.cases++;
    tally[fate === 'kill' ? 'crashed' : fate === 'EIO' ? 'failed' : 'full']++;
    log(`${described(trial)}: ${outcomeOf(ended)}`);
    if (ended.hung) found('the process hung');
    else if (fate !== 'kill') judge(trial, ended, resolved, tally, found);
    for (const what of wrongIn(folder, base, op, resolved)) found(what);
    await again(folder, base, op, found);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function outcomeOf({ code, signal, said }: Ended): string {
  const failure = said.find((line) => 'failed' in line);
  if (failure === undefined) return signal ?? (code === 0 ? 'done' : `exit ${code}`);
  return `${failure.code}: ${failure.failed.split('\n')[0]}`;
}

/** How a process may end whose call failed: as if nothing had happened, where that is true, or with an error that says what to do. */
function judge(
  { call }: Trial,
  { code, signal, said, errors }: Ended,
  resolved: boolean,
  tally: Tally,
  found: (what: string) => void,
): void {
  const failure = said.find((line) => 'failed' in line);
  if (code === 0) {
    tally.bore++;
    if (resolved && isVital(call)) found('the op resolved although its bytes may not be durable');
  } else if (code === 3 && failure?.code !== undefined && failure.code !== null) {
    tally.errors[failure.code] = (tally.errors[failure.code] ?? 0) + 1;
  } else {
    tally.untypedErrors++;
    found(`the process ended with ${code ?? signal}: ${failure?.failed ?? errors}`);
  }
}

/** Does the op again, as a process that knows of nothing. */
async function again(folder: string, base: Base, op: string, found: (what: string) => void): Promise<void> {
  try {
    await perform(op, folder);
  } catch (error) {
    found(`it can't be done again: ${String(error)}`);
    return;
  }
  for (const what of wrongIn(folder, base, op, true)) found(`after it was done again, ${what}`);
}

/** What is wrong with a store. @param done whether the op had resolved; else it may have been done or not */
function* wrongIn(folder: string, base: Base, op: string, done: boolean): Generator<string> {
  const { problems, live } = audit(folder);
  for (const { kind, what } of problems) yield `${kind}: ${what}`;
  const { adds = [], removes } = ops[op] as Op;
  for (const [place, fingerprint] of base.live) {
    const goes = removes !== undefined && place.startsWith(removes);
    if (!goes && live.get(place) !== fingerprint) yield `${place} is lost`;
    if (goes && done && live.has(place)) yield `${place} is still there`;
  }
  if (done) for (const place of adds) if (!live.has(place)) yield `${place} is missing`;
}
