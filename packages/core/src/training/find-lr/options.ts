import { checkNumber } from '../../components/checks.js';
import { checkRole, type Loss, type Optimizer } from '../../components/component.js';
import type { Recipe } from '../../components/recipe.js';
import { boolean, checkOptions, oneOf, positiveInteger, refuse } from '../../options/index.js';
import type { Clip } from '../../ports/engine.js';

import { type ClipOptions, parseClip } from '../clip.js';
import { checkFreeze } from '../freeze.js';
import { type ProgressMode, progressModes } from '../options.js';

/** How the rates of a sweep lie: each is the one before times the same, or plus the same. */
export type SweepKind = 'exponential' | 'linear';

const sweepKinds: readonly SweepKind[] = ['exponential', 'linear'];

/** Options of `findLr`. */
export interface FindLrOptions {
  /**
   * In place of the one that was set up, and fresh; the one that was set up goes on from its state. Where it has groups, the rate is that of the first one, and
   * the others' are in proportion to where they begin.
   */
  readonly optimizer?: Optimizer;
  /** In place of the one that was set up. */
  readonly loss?: Loss;
  /** The first rate. Default 1e-7. */
  readonly minLr?: number;
  /** The last rate. Default 10. */
  readonly maxLr?: number;
  /** How many rates, one a step. Default 100. */
  readonly steps?: number;
  /** How the rates lie between the two: each the last one times the same, or plus the same. Default `exponential`. */
  readonly sweep?: SweepKind;
  /** The factor of the losses' exponential mean: 0, which leaves them as they are, up to below 1. Default 0.98. */
  readonly smoothing?: number;
  /** Ends the sweep where the smoothed loss is more than so many times its best; null: only where it is no number. Default 4. */
  readonly stopFactor?: number | null;
  /** Default 32. */
  readonly batchSize?: number;
  /** How many batches make one update, as in `train`; here whatever the epochs that they are from. Default 1. */
  readonly accumulate?: number;
  /** Default true; streams keep their order. */
  readonly shuffle?: boolean;
  /** As in `train`. */
  readonly freeze?: readonly string[];
  /** As in `train`. */
  readonly clip?: ClipOptions;
  /** Default `auto`. */
  readonly progress?: ProgressMode;
}

/** The options of `findLr`, checked and complete. */
export interface FindLrSettings {
  /** Null: the one that was set up. */
  readonly optimizer: Recipe | null;
  readonly loss: Recipe | null;
  readonly minLr: number;
  readonly maxLr: number;
  readonly steps: number;
  readonly sweep: SweepKind;
  readonly smoothing: number;
  readonly stopFactor: number | null;
  readonly batchSize: number;
  readonly accumulate: number;
  readonly shuffle: boolean;
  readonly freeze: readonly string[];
  readonly clip: Clip | null;
  readonly progress: ProgressMode;
}

/** Learning rates that a curve suggests, each by a rule of its own; null where the curve is too short to say. */
export interface LrSuggestions {
  /** In the middle third of the longest run of falling losses. */
  readonly valley: number | null;
  /** Where the loss falls fastest, along the axis that the rates are even on: over the rate's logarithm, or over the rate in a linear sweep. */
  readonly steep: number | null;
  /** A tenth of where the loss is lowest. */
  readonly minimum: number | null;
  /**
   * Seen from the end, the first rate whose slope is about that of 15 steps on: before the loss begins to grow. Slopes are a step's, and about the same is less
   * than 0.005 apart, so this one asks for losses of the size of a cross-entropy. A record that was made before there was this rule has none.
   */
  readonly slide?: number | null;
}

/** A sweep of the learning rate: `losses[i]` was met at `lrs[i]`. Plain data. */
export interface LrCurve {
  readonly lrs: Float64Array;
  /** Of each step, before its update. */
  readonly losses: Float64Array;
  /** Their exponential mean, freed of its beginning's bias. */
  readonly smoothed: Float64Array;
  /** How the rates lie. A record that was made before there was a choice doesn't say: it is `exponential`. */
  readonly sweep?: SweepKind;
  /** What the `valley` rule suggests; null where the curve is too short. */
  readonly suggestion: number | null;
  readonly suggestions: LrSuggestions;
  /** Whether the sweep came to its end, or the loss exploded first. */
  readonly stopped: 'steps' | 'diverged';
}

const optionNames: readonly (keyof FindLrOptions)[] = [
  'optimizer',
  'loss',
  'minLr',
  'maxLr',
  'steps',
  'sweep',
  'smoothing',
  'stopFactor',
  'batchSize',
  'accumulate',
  'shuffle',
  'freeze',
  'clip',
  'progress',
];

const usual = { sweep: 'exponential', smoothing: 0.98, stopFactor: 4 } as const;

/** What a fingerprint says of the sweep: what is not the default. Calls that were recorded before there was a choice keep theirs. */
export function sweepFields(settings: Pick<FindLrSettings, keyof typeof usual>): Partial<typeof settings> {
  const names = Object.keys(usual) as (keyof typeof usual)[];
  const chosen = names.filter((name) => settings[name] !== usual[name]);
  return Object.fromEntries(chosen.map((name) => [name, settings[name]]));
}

/**
 * Checks the options of `findLr` and fills in their defaults.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function parseFindLrOptions(options: unknown, data: { readonly stream?: boolean } = {}): FindLrSettings {
  const where = 'findLr()';
  checkOptions(where, options, optionNames);
  const { optimizer = null, loss = null, minLr = 1e-7, maxLr = 10, steps = 100 } = (options ?? {}) as FindLrOptions;
  const {
    sweep = usual.sweep,
    smoothing = usual.smoothing,
    stopFactor = usual.stopFactor,
    batchSize = 32,
    accumulate = 1,
    shuffle = data.stream !== true,
    freeze = [],
    progress = 'auto',
  } = (options ?? {}) as FindLrOptions;
  if (optimizer !== null) checkRole(where, 'optimizer', optimizer, 'optimizer');
  if (loss !== null) checkRole(where, 'loss', loss, 'loss');
  checkNumber(where, 'minLr', minLr, { above: 0 });
  checkNumber(where, 'maxLr', maxLr, { above: minLr });
  checkNumber(where, 'steps', steps, { whole: true, min: 2 });
  oneOf(where, 'sweep', sweep, sweepKinds);
  checkNumber(where, 'smoothing', smoothing, { min: 0, below: 1 });
  if (stopFactor !== null && !(Number.isFinite(stopFactor) && stopFactor > 1))
    refuse(where, 'stopFactor', 'a finite number above 1, or null to go on whatever the loss', stopFactor);
  positiveInteger(where, 'batchSize', batchSize);
  positiveInteger(where, 'accumulate', accumulate);
  boolean(where, 'shuffle', shuffle);
  if (shuffle && data.stream === true) refuse(where, 'shuffle', 'left out for a stream, which has one order', shuffle);
  checkFreeze(where, freeze);
  const clip = parseClip(where, ((options ?? {}) as FindLrOptions).clip);
  oneOf(where, 'progress', progress, progressModes);
  return {
    optimizer,
    loss,
    minLr,
    maxLr,
    steps,
    sweep,
    smoothing,
    stopFactor,
    batchSize,
    accumulate,
    shuffle,
    freeze,
    clip,
    progress,
  };
}
