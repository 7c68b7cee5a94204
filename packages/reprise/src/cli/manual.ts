import type { Act, ActOnFolder } from './verb.js';

/** What help says of a verb, and where its code is. */
export interface Page {
  readonly name: string;
  /** In commander's form: `<op>` is needed, `[op]` is not. */
  readonly arguments: readonly (readonly [form: string, description: string])[];
  /** In the list of verbs. */
  readonly summary: string;
  /** By itself. */
  readonly description: string;
  readonly options: readonly (readonly [flags: string, description: string])[];
  readonly examples: readonly (readonly [command: string, does: string])[];
  load(): Promise<Act>;
  /** What is done instead where an option is given: on the folder, without opening the store. */
  readonly onFolder?: { readonly option: string; load(): Promise<ActOnFolder> };
}

const opArgument = ['<op>', 'its number, or its address, such as mnist/1/train#2'] as const;
const all = ['-a, --all', 'superseded ops as well: those that others have taken the place of'] as const;
const undo = ['--undo', 'take back what was said'] as const;

/** How things are named, at the end of the help. */
export const addresses: readonly string[] = [
  'Names:',
  '  mnist                         a model',
  '  mnist/1                       a checkpoint of it',
  '  mnist/1/train#2               an op: the second train() of its block',
  '  mnist/1/handle/evaluate#1     one of model.checkpoint(1).evaluate()',
  '  mnist/1/cached:confusion#1    one with a name, or a key',
  '  12                            an op by its number, shown as #12',
  "In a shell, names with spaces go in quotes, and so does '#12'.",
];

export const manual: readonly Page[] = [
  {
    name: 'ls',
    arguments: [['[model]', 'list its checkpoints']],
    summary: 'list the models, or the checkpoints of one',
    description:
      'Lists the models of the store, or the checkpoints of one of them: what they cost to compute, and when a script last used them.',
    options: [],
    examples: [
      ['reprise ls', 'the models'],
      ['reprise ls mnist', 'the checkpoints of the model mnist'],
      ['reprise --store runs ls', 'what is in the store in the folder runs'],
    ],
    load: async () => (await import('./verbs/ls.js')).ls,
  },
  {
    name: 'log',
    arguments: [['<what>', 'a model or a checkpoint']],
    summary: 'list the recorded calls of a model or a checkpoint',
    description:
      'Lists the recorded calls, checkpoint by checkpoint, in the order that the script last made them in, and trains that were stopped on the way.',
    options: [all],
    examples: [
      ['reprise log mnist', 'all of the model'],
      ['reprise log mnist/1', 'checkpoint 1 only'],
      ['reprise log mnist/1 --all', 'with what was recorded there before'],
    ],
    load: async () => (await import('./verbs/log.js')).log,
  },
  {
    name: 'tree',
    arguments: [['[model]', 'only this one']],
    summary: 'show which checkpoint stands on which',
    description: 'Draws the fork tree: each checkpoint below the one that it stands on, with its last train.',
    options: [['-a, --all', 'superseded branches as well']],
    examples: [
      ['reprise tree', 'of every model'],
      ['reprise tree mnist --all', 'of one, with what was rerun since'],
    ],
    load: async () => (await import('./verbs/tree.js')).tree,
  },
  {
    name: 'show',
    arguments: [['<what>', 'an op, a checkpoint or a model']],
    summary: 'show all that is stored of an op, a checkpoint or a model',
    description:
      'Shows an op (what decided it, what it came to, its state, where it was computed, what it printed), a checkpoint, or a model. With --json the whole result of an op.',
    options: [],
    examples: [
      ['reprise show 12', 'op #12'],
      ['reprise show mnist/1/train#2', 'an op by its address'],
      ['reprise show mnist/1', 'a checkpoint'],
    ],
    load: async () => (await import('./verbs/show.js')).show,
  },
  {
    name: 'diff',
    arguments: [
      ['<a>', 'an op or a checkpoint'],
      ['<b>', 'another of the same sort'],
    ],
    summary: 'compare two ops or two checkpoints',
    description:
      'Compares two ops: which arguments differ, where their pasts part, and their results. Or two checkpoints: the first op that differs, then op by op. Exits with 0, whether they differ or not.',
    options: [],
    examples: [
      ['reprise diff 12 15', 'two ops'],
      ['reprise diff mnist/1 mnist/2', 'two checkpoints'],
    ],
    load: async () => (await import('./verbs/diff.js')).diff,
  },
  {
    name: 'explain',
    arguments: [opArgument],
    summary: 'say why an op was replayed, run, or stopped at',
    description:
      'Explains an op: how the last script that came by it was answered (hit, adopted, resumed, extended, run, diverged), which arguments decide, what came first in its block, and what computing it again would take. From what is stored: nothing is run.',
    options: [],
    examples: [
      ['reprise explain 12', 'op #12'],
      ['reprise explain mnist/1/train#1', 'an op by its address'],
    ],
    load: async () => (await import('./verbs/explain.js')).explainOp,
  },
  {
    name: 'rerun',
    arguments: [opArgument],
    summary: 'let the next run compute an op that diverged',
    description:
      'Settles a divergence from outside the script: the next run that calls something else at this op computes it. What is recorded is kept aside. Once; a run that calls what is recorded is not touched by it.',
    options: [undo],
    examples: [
      ['reprise rerun 12', 'then run the script'],
      ['reprise rerun 12 --undo', 'no, ask me again'],
    ],
    load: async () => (await import('./verbs/settle.js')).rerun,
  },
  {
    name: 'accept',
    arguments: [opArgument],
    summary: 'let the next run take what is recorded instead',
    description:
      'Settles a divergence from outside the script: the next run that calls something else at this op takes the recorded result for it, then and later. For an edit that you know to be harmless.',
    options: [undo],
    examples: [
      ['reprise accept 12', 'then run the script'],
      ['reprise accept 12 --undo', 'no, ask me again'],
    ],
    load: async () => (await import('./verbs/settle.js')).accept,
  },
  {
    name: 'tag',
    arguments: [
      ['[what]', 'an op or a checkpoint to name, or a model to list the names of'],
      ['[name]', 'the name'],
    ],
    summary: 'name a state, or list the names',
    description:
      "Names the state that an op led to or that a checkpoint is in; superseded ones too. The name keeps it, and a script can begin from it, with from: { tag: 'name' }. Without a name: lists them.",
    options: [
      ['-d, --delete', 'take the name from a model: reprise tag -d <model> <name>'],
      ['-m, --move', 'take a name that stands for another state'],
    ],
    examples: [
      ['reprise tag mnist/1 baseline', 'the state that checkpoint 1 is in'],
      ["reprise tag 12 'before the rerun'", 'what op #12 led to'],
      ['reprise tag', 'all names'],
      ['reprise tag -d mnist baseline', 'take a name away'],
    ],
    load: async () => (await import('./verbs/tag.js')).tag,
  },
  {
    name: 'rm',
    arguments: [['<what>', 'an op, a checkpoint or a model']],
    summary: 'remove an op, a checkpoint or a model',
    description:
      'Removes it from the log at once, with the results that nothing else names. Checkpoints that stand on a removed one stay whole. An op that live ops stand on goes only with them. The disk space of what nothing needs any more is freed at once.',
    options: [
      ['-n, --dry-run', 'only say what would go'],
      ['-r, --recursive', 'what stands on it as well'],
    ],
    examples: [
      ['reprise rm mnist/2 --dry-run', 'what would go with checkpoint 2'],
      ['reprise rm mnist/2', 'remove it'],
      ['reprise rm 12 --recursive', 'op #12 and what stands on it'],
    ],
    load: async () => (await import('./verbs/rm.js')).rm,
  },
  {
    name: 'gc',
    arguments: [],
    summary: 'free the disk space of what nothing needs any more',
    description:
      'Frees what no op, snapshot or tag needs: states of what was removed, and what killed processes left. Safe while scripts run, and to be stopped at any time. Superseded ops stay, unless they are asked for: a script that goes back to an old setting finds them.',
    options: [
      [
        '--superseded [age]',
        'also superseded ops that no live op stands on, and unfinished trains that another took the place of: all, or those replaced longer ago',
      ],
      ['--grace <age>', 'keep what was stored less long ago (default: 5m)'],
      ['-n, --dry-run', 'only say what would go'],
    ],
    examples: [
      ['reprise gc --dry-run', 'what would go'],
      ['reprise gc', 'free it'],
      ['reprise gc --superseded 30d', 'with what was replaced more than 30 days ago'],
    ],
    load: async () => (await import('./verbs/gc.js')).gc,
  },
  {
    name: 'verify',
    arguments: [],
    summary: 'look for damage',
    description:
      'Compares what the store holds with what was written: the files of blobs by their sizes, the rows of the log by their checksums; with --full every byte. Changes nothing. Exit code 1 where there is damage.',
    options: [['--full', 'read every byte, at the speed of the disk']],
    examples: [
      ['reprise verify', 'sizes and rows: milliseconds'],
      ['reprise verify --full', 'every byte'],
    ],
    load: async () => (await import('./verbs/verify.js')).verify,
  },
  {
    name: 'repair',
    arguments: [],
    summary: 'mend what is damaged, from elsewhere or for the next run to compute',
    description:
      "Looks for damage as verify --full does and mends it: a blob from identical bytes in another store or folder, a record from its blob. What there is no copy of is set aside, and the ops that need it are computed again when their script runs. --rebuild is for a log.db that is missing or can't be read.",
    options: [
      ['--from <folder...>', 'other stores, or folders of files, that may hold the same bytes'],
      ['--quick', 'find damage by sizes and rows alone'],
      ['--rebuild', "make a log that can't be read anew, from the blobs"],
      ['-n, --dry-run', 'only say what would be done'],
    ],
    examples: [
      ['reprise repair --from /backup/.reprise', 'heal what the copy has'],
      ['reprise repair --rebuild', 'log.db is lost'],
    ],
    load: async () => (await import('./verbs/repair.js')).repair,
    onFolder: { option: 'rebuild', load: async () => (await import('./verbs/rebuild.js')).rebuild },
  },
];
