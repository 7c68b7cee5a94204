/** A suite whose long form prints one JSON object last. */
export interface Suite {
  readonly name: string;
  /** Its script in package.json, with the arguments of the long form. */
  readonly script: string;
  readonly args: readonly string[];
  /** How a figure is called on the page, where its own name doesn't say it. */
  readonly labels?: Readonly<Record<string, string>>;
}

export const suites: readonly Suite[] = [
  {
    name: 'crash',
    script: 'test:crash',
    args: ['--cycles', '500', '--seed', '1'],
    labels: {
      cases: 'cycles',
      lost: 'recorded calls lost',
      duplicated: 'places with two live ops, or that two processes recorded',
      recordedTwice: 'opens and setups that two processes recorded one after the other (not counted)',
      dangling: 'rows that name what is not there, or not whole',
      wrongDigests: 'runs that ended in another state than an undisturbed one',
      leftBehind: 'files left behind by garbage collection, or damage that the store itself sees',
      failed: 'processes that failed or hung of themselves',
      completed: 'runs that came to their end',
      killed: 'processes killed, by what they were doing',
    },
  },
  {
    name: 'syscalls',
    script: 'test:syscalls',
    args: [],
    labels: {
      calls: 'different system calls listed',
      crashed: 'killed at a call',
      failed: 'with a call that failed (EIO)',
      full: 'with a call that found the disk full (ENOSPC)',
      bore: 'of those two, went on to their end unharmed',
      errors: 'of those two, ended with a typed error',
      untypedErrors: 'of those two, ended with another error',
      unreached: 'calls that did not come again (not counted)',
    },
  },
  {
    name: 'powerloss',
    script: 'test:powerloss',
    args: ['--seed', '1'],
    labels: {
      cases: 'images of the disk looked at',
      acknowledgedLost: 'acknowledged ops lost',
      resurrected: 'deleted things that were there again',
      dangling: 'rows that name what is not there, or not whole',
      unusable: 'images that could not be opened and written to',
      operations: 'operations recorded, each one a cut',
    },
  },
  {
    name: 'corruption',
    script: 'test:corruption',
    args: [],
    labels: {
      wrongTensors: 'wrong tensors returned',
      wrongRecords: 'wrong records returned',
      wrongResults: 'runs on a damaged store that came to other results',
      deadEnds: 'stores that neither repair nor rebuild made usable',
      ran: 'scripts that ran on the damaged store to the same results',
      refused: 'scripts that ended with a typed error there',
      mended: 'stores that were mended, and whose scripts came to the same results then',
      asked: 'stores that were mended, and whose scripts ended with a typed error all the same',
      unseen: 'what verify did not see, by what read back differently',
      errors: 'typed errors, by what met them',
    },
  },
  { name: 'interleavings', script: 'test:interleavings', args: [] },
  { name: 'bench', script: 'bench', args: ['store'] },
];
