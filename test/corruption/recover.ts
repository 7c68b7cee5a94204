import type { RepriseError, Store } from '@reprise/core';
import { openStore, rebuildStore } from '@reprise/store';
import { run } from './script.js';
import type { Tally } from './tally.js';

type Violation = (what: string) => void;

/** Runs the script on the damaged store: it ends with the same results, or with a typed error. */
export async function rerun(folder: string, outcome: string, tally: Tally, violation: Violation): Promise<void> {
  const came = await ran('run', folder, tally, violation);
  if (came === undefined) tally.refused++;
  else if (came === outcome) tally.ran++;
  else {
    tally.wrongResults++;
    violation('the script came to other results');
  }
}

/** What the script comes to. Where it asks, since something that was agreed to is lost, it is told to compute: that leads to the same results. */
async function ran(what: string, folder: string, tally: Tally, violation: Violation): Promise<string | undefined> {
  const came = await attempt(what, tally, violation, () => withStore(folder, (store) => run(store)));
  if (came !== undefined) return came;
  return attempt(`${what}, told to compute`, tally, violation, () => withStore(folder, (store) => run(store, 'rerun')));
}

/** Mends the damaged store as its messages say, looks whether it is whole, and runs the script on it. */
export async function mend(folder: string, outcome: string, tally: Tally, violation: Violation): Promise<void> {
  const repaired = await attempt('repair', tally, violation, () => withStore(folder, ({ upkeep }) => upkeep.repair()));
  if (repaired === undefined) {
    // What can't be repaired is made anew, unless that finds a log that is whole.
    const rebuilt = await attempt('rebuild', tally, violation, () => rebuildStore(folder));
    if (rebuilt === undefined && !(await isUsable(folder, tally, violation))) return;
  }
  const left = await attempt('verify', tally, violation, () =>
    withStore(folder, async ({ upkeep }) => (await upkeep.verify({ full: true })).damages),
  );
  // Blobs that were set aside stay missing until the script has run.
  const bad = left?.filter(({ kind }) => kind !== 'missing' && kind !== 'corrupt') ?? [];
  if (left === undefined || bad.length > 0) {
    tally.deadEnds++;
    violation(`after the repair, verify says: ${JSON.stringify(bad)}`);
  }
  const came = await ran('run after the repair', folder, tally, violation);
  if (came === outcome) tally.mended++;
  else if (came === undefined) tally.asked++;
  else {
    tally.wrongResults++;
    violation('after the repair, the script came to other results');
  }
}

/** Where it can neither be repaired nor made anew, whoever opens it has to be told what to do; a format.json is put back by hand. */
async function isUsable(folder: string, tally: Tally, violation: Violation): Promise<boolean> {
  try {
    const damages = await withStore(folder, async ({ upkeep }) => (await upkeep.verify({ full: true })).damages);
    if (damages.length === 0) return true;
    violation(`neither repair nor rebuild take it, and verify says: ${JSON.stringify(damages)}`);
  } catch (error) {
    if (isTyped(error) && (error.code === 'FORMAT_VERSION' || isFormat(error))) {
      tally.asked++;
      return false;
    }
    violation(`neither repair nor rebuild take it: ${String(error)}`);
  }
  tally.deadEnds++;
  return false;
}

function isFormat(error: RepriseError): boolean {
  return 'path' in error && String(error.path).endsWith('format.json');
}

/** By its shape: what is read with the sources of a package has classes of its own. */
export function isTyped(error: unknown): error is RepriseError {
  return error instanceof Error && 'code' in error && 'page' in error;
}

async function withStore<T>(folder: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(folder);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Undefined where it ended with a typed error. Another error is a violation. */
async function attempt<T>(
  what: string,
  tally: Tally,
  violation: Violation,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isTyped(error)) tally.errors[`${what}: ${error.code}`] = (tally.errors[`${what}: ${error.code}`] ?? 0) + 1;
    else {
      tally.untypedErrors++;
      violation(`${what}: untyped ${error instanceof Error ? (error.stack ?? String(error)) : String(error)}`);
    }
    return undefined;
  }
}
