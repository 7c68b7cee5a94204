import { checkOptions, nonNegativeInteger } from '@reprise/core';
import type { Amount, CollectOptions, Collection } from '@reprise/core';
import { fileError } from '../files/file-error.js';
import { collectBlobs } from './collect-blobs.js';
import { collectFiles } from './collect-files.js';
import { collectLeftovers } from './collect-leftovers.js';
import { collectOwners } from './collect-owners.js';
import { collectSuperseded } from './collect-superseded.js';
import type { UpkeepParts } from './parts.js';
import type { Sweep } from './sweep.js';
import { Tally } from './tally.js';

const defaultGrace = 5 * 60 * 1000;

/**
 * Frees what no root reaches: rows first, then the files that no row names any more. Killed anywhere, it leaves at most files that the next one
 * finds. Other writers are held up for a batch of rows at a time; a dry run holds them up for as long as it looks at the rows.
 */
export async function collect(parts: UpkeepParts, options: CollectOptions): Promise<Collection> {
  checkOptions('collect()', options, ['grace', 'superseded', 'rowsOnly', 'dryRun', 'onProgress']);
  const { grace = defaultGrace, superseded, rowsOnly = false, dryRun = false, onProgress = () => undefined } = options;
  nonNegativeInteger('collect()', 'grace', grace);
  if (superseded !== undefined) nonNegativeInteger('collect()', 'superseded', superseded);

  const now = parts.now();
  const sweep: Sweep = {
    ...parts,
    tally: new Tally(),
    dryRun,
    cutoff: now - grace,
    supersededBefore: superseded === undefined ? undefined : now - superseded,
    progress: onProgress,
    write: dryRun ? (body) => body() : (body) => parts.database.write(body),
  };
  try {
    const left = dryRun ? undone(sweep) : await done(sweep);
    if (!rowsOnly) {
      await collectFiles(sweep);
      if (!dryRun) collectOwners(sweep);
    }
    return sweep.tally.result(dryRun, left);
  } catch (cause) {
    throw fileError(cause, { doing: 'write', what: 'remove what nothing needs', path: parts.layout.root });
  }
}

/** The work on the rows, in the order in which one sets the next one free. Yields between transactions. */
function* rows(sweep: Sweep): Generator<undefined, void, undefined> {
  yield* collectSuperseded(sweep);
  yield* collectLeftovers(sweep);
  yield* collectBlobs(sweep);
}

async function done(sweep: Sweep): Promise<Amount> {
  for (const _ of rows(sweep)) await sweep.turn();
  return blobsOf(sweep);
}

/** The same in one transaction that is rolled back. */
function undone(sweep: Sweep): Amount {
  let left: Amount | undefined;
  try {
    sweep.database.write(() => {
      for (const _ of rows(sweep));
      left = blobsOf(sweep);
      throw rollback;
    });
  } catch (error) {
    if (error !== rollback) throw error;
  }
  return left as Amount;
}

const rollback: Error = new Error('A dry run changes nothing.');

function blobsOf({ database }: Sweep): Amount {
  return database.get<Amount>('SELECT count(*) AS count, coalesce(sum(size), 0) AS bytes FROM blobs') as Amount;
}
