import type { Store } from '@reprise/core';
import { openStore } from '@reprise/store';
import type { Damage } from './damage.js';
import { inflict } from './damage.js';
import type { Copy } from './fixture.js';
import { type Known, type Observation, observe } from './observe.js';
import { isTyped, mend, rerun } from './recover.js';
import type { Tally } from './tally.js';

/** The whole store: what it says, and what its script comes to. */
export interface Original {
  readonly known: Known;
  readonly seen: Observation;
  readonly outcome: string;
}

/** Damages a copy, looks at all of it, and makes it whole again. @param deep whether the script runs on it as well, and it is mended */
export async function trial(
  damage: Damage,
  deep: boolean,
  copy: Copy,
  original: Original,
  tally: Tally,
  report: (finding: string) => void,
): Promise<void> {
  tally.cases++;
  const violation = (what: string): void => {
    tally.violations++;
    report(what);
  };
  await inflict(damage, copy);
  const looked = await look(copy, original, violation, tally);
  if (looked.silent.length > 0) tellSilent(damage, looked.silent, violation, tally);
  else if (looked.said) tally.detected++;
  else tally.harmless++;
  await copy.restore([damage.file]);
  if (!deep) return;
  await inflict(damage, copy);
  await rerun(copy.folder, original.outcome, tally, violation);
  await copy.restoreAll();
  await inflict(damage, copy);
  await mend(copy.folder, original.outcome, tally, violation);
  await copy.restoreAll();
}

interface Looked {
  /** Whether an error or verify said that something is wrong. */
  readonly said: boolean;
  /** What differs, and nothing said so. */
  readonly silent: readonly string[];
}

type Violation = (what: string) => void;

async function look(copy: Copy, original: Original, violation: Violation, tally: Tally): Promise<Looked> {
  let store: Store;
  try {
    store = await openStore(copy.folder);
  } catch (error) {
    untyped('open', error, violation, tally);
    return { said: true, silent: [] };
  }
  try {
    // First, since a reader marks what it meets.
    const verified = await verify(store, violation, tally);
    const seen = await observe(store, original.known);
    const errors = [...seen].filter(([, said]) => said instanceof Error);
    for (const [name, error] of errors) untyped(name, error, violation, tally);
    const wrong = [...seen].filter(([name, said]) => !(said instanceof Error) && said !== original.seen.get(name));
    const names = wrong.map(([name]) => name);
    for (const name of names.filter((each) => each.startsWith('tensor '))) {
      tally.wrongTensors++;
      violation(`${name} reads back as another one`);
    }
    // None is as good as a miss.
    for (const name of names.filter((each) => each.startsWith('record of') && seen.get(each) !== 'undefined')) {
      tally.wrongRecords++;
      violation(`${name} reads back as another one`);
    }
    return { said: verified || errors.length > 0, silent: verified ? [] : names };
  } finally {
    await store.close().catch((error: unknown) => untyped('close', error, violation, tally));
  }
}

/** Whether verify says that something is wrong, or can't look. */
async function verify(store: Store, violation: Violation, tally: Tally): Promise<boolean> {
  try {
    return (await store.upkeep.verify({ full: true })).damages.length > 0;
  } catch (error) {
    untyped('verify', error, violation, tally);
    return true;
  }
}

function tellSilent({ file }: Damage, names: readonly string[], violation: Violation, tally: Tally): void {
  const what = file.endsWith('-wal')
    ? 'end of the write-ahead log'
    : [...new Set(names.map(kindOf))].toSorted().join(', ');
  tally.unseen[what] = (tally.unseen[what] ?? 0) + 1;
  if (file.endsWith('-wal') || names.every((name) => harmlessKinds.has(kindOf(name)))) tally.undetected++;
  else violation(`other values without a word: ${names.join('; ')}`);
}

/** What asks the user a question, or is shown, at worst. */
const harmlessKinds: ReadonlySet<string> = new Set(['run', 'file']);

function kindOf(name: string): string {
  return name.slice(0, name.indexOf(' '));
}

/** Counts an error that is none of reprise's. */
function untyped(where: string, error: unknown, violation: Violation, tally: Tally): void {
  if (isTyped(error)) return;
  tally.untypedErrors++;
  violation(`${where}: untyped ${error instanceof Error ? (error.stack ?? String(error)) : String(error)}`);
}
