import { checkNumber } from '../components/checks.js';
import { checkRole, type Loss, type Optimizer } from '../components/component.js';
import type { Recipe } from '../components/recipe.js';
import { batches } from '../data/batches.js';
import { sampleCount } from '../data/check-batch.js';
import { boolean, checkOptions, oneOf, positiveInteger, refuse } from '../options/index.js';
import type { Batch, DataSource, SampleStream } from '../ports/data-source.js';
import type { Clip, StepSpec } from '../ports/engine.js';
import type { TrainingState } from '../state/training-state.js';
import type { OpContext } from './context.js';
import { figure, rate } from './format.js';
import { type ClipOptions, parseClip } from './clip.js';
import { checkFreeze, frozenNames } from './freeze.js';
import { type ProgressMode, progressModes } from './options.js';
import { Progress } from './progress.js';
import { noSamples } from './samples.js';
import { type LrSuggestions, suggestLr } from './suggest-lr.js';
import { trainable } from './trainable.js';

/** Options of `findLr`. */
export interface FindLrOptions {
  /** In place of the one that was set up, and fresh; the one that was set up goes on from its state. */
  readonly optimizer?: Optimizer;
  /** In place of the one that was set up. */
  readonly loss?: Loss;
  /** The first rate. Default 1e-7. */
  readonly minLr?: number;
  /** The last rate. Default 10. */
  readonly maxLr?: number;
  /** How many rates, evenly spaced on a logarithmic axis: one a step. Default 100. */
  readonly steps?: number;
  /** Default 32. */
  readonly batchSize?: number;
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
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly freeze: readonly string[];
  readonly clip: Clip | null;
  readonly progress: ProgressMode;
}

/** A sweep of the learning rate: `losses[i]` was met at `lrs[i]`. Plain data. */
export interface LrCurve {
  readonly lrs: Float64Array;
  /** Of each step's batch, before its update. */
  readonly losses: Float64Array;
  /** Their exponential mean with factor 0.98, freed of its beginning's bias. */
  readonly smoothed: Float64Array;
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
  'batchSize',
  'shuffle',
  'freeze',
  'clip',
  'progress',
];

const smoothing = 0.98;
const explosion = 4;

/**
 * Checks the options of `findLr` and fills in their defaults.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function parseFindLrOptions(options: unknown, data: { readonly stream?: boolean } = {}): FindLrSettings {
  const where = 'findLr()';
  checkOptions(where, options, optionNames);
  const { optimizer = null, loss = null, minLr = 1e-7, maxLr = 10, steps = 100 } = (options ?? {}) as FindLrOptions;
  const {
    batchSize = 32,
    shuffle = data.stream !== true,
    freeze = [],
    progress = 'auto',
  } = (options ?? {}) as FindLrOptions;
  if (optimizer !== null) checkRole(where, 'optimizer', optimizer, 'optimizer');
  if (loss !== null) checkRole(where, 'loss', loss, 'loss');
  checkNumber(where, 'minLr', minLr, { above: 0 });
  checkNumber(where, 'maxLr', maxLr, { above: minLr });
  checkNumber(where, 'steps', steps, { whole: true, min: 2 });
  positiveInteger(where, 'batchSize', batchSize);
  boolean(where, 'shuffle', shuffle);
  if (shuffle && data.stream === true) refuse(where, 'shuffle', 'left out for a stream, which has one order', shuffle);
  checkFreeze(where, freeze);
  const clip = parseClip(where, ((options ?? {}) as FindLrOptions).clip);
  oneOf(where, 'progress', progress, progressModes);
  return { optimizer, loss, minLr, maxLr, steps, batchSize, shuffle, freeze, clip, progress };
}

/**
 * Trains with a rate that grows from step to step, until the smoothed loss is four times its best or is no number any more.
 * The engine holds the same tensors afterwards as before, also where this throws.
 * @throws RepriseError `NO_LOSS`, `NO_OPTIMIZER`; DataError; the signal's reason
 */
export async function findLr(
  context: OpContext,
  state: TrainingState,
  data: DataSource | SampleStream,
  settings: FindLrSettings,
): Promise<LrCurve> {
  const { net, host } = context;
  const given = { loss: settings.loss ?? state.loss, optimizer: settings.optimizer ?? state.optimizer };
  const { loss, optimizer } = trainable('findLr()', given);
  const frozen = frozenNames(settings.freeze, net.description, 'findLr()');
  const before = net.capture();
  const progress = new Progress(host, settings.progress);
  try {
    if (settings.optimizer !== null) net.restore({ net: before.net, optimizer: net.freshOptimizer(optimizer) });
    const curve = await sweep(
      context,
      state,
      data,
      settings,
      { loss, optimizer, frozen, clip: settings.clip },
      progress,
    );
    progress.clear();
    context.line(summary(curve));
    return curve;
  } finally {
    progress.clear();
    net.restore(before);
  }
}

async function sweep(
  { net, signal }: OpContext,
  state: TrainingState,
  data: DataSource | SampleStream,
  { minLr, maxLr, steps, batchSize, shuffle }: FindLrSettings,
  spec: StepSpec,
  progress: Progress,
): Promise<LrCurve> {
  const trainer = await net.trainer(spec);
  const lrs: number[] = [];
  const losses: number[] = [];
  const smoothed: number[] = [];
  let [mean, best, diverged] = [0, Infinity, false];
  const { seed, loop } = state;
  progress.begin('findLr', steps * batchSize);
  for await (const batch of endless(data, { batchSize, shuffle, seed, epoch: loop.epoch, signal })) {
    signal.throwIfAborted();
    const i = lrs.length;
    const lr = minLr * (maxLr / minLr) ** (i / (steps - 1));
    const { loss } = await trainer.step(batch, { lr, seed, step: loop.step + i });
    diverged = !Number.isFinite(loss);
    if (diverged) break;
    mean = smoothing * mean + (1 - smoothing) * loss;
    const smooth = mean / (1 - smoothing ** (i + 1));
    lrs.push(lr);
    losses.push(loss);
    smoothed.push(smooth);
    diverged = smooth > explosion * best;
    if (diverged || lrs.length === steps) break;
    best = Math.min(best, smooth);
    progress.advance(sampleCount(batch), { loss: smooth });
  }
  return curveOf(lrs, losses, smoothed, steps, diverged);
}

/** Epoch after epoch. */
async function* endless(
  data: DataSource | SampleStream,
  plan: {
    readonly batchSize: number;
    readonly shuffle: boolean;
    readonly seed: number;
    readonly epoch: number;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<Batch> {
  for (let epoch = plan.epoch; ; epoch++) {
    let empty = true;
    for await (const batch of batches(data, { ...plan, epoch, recycle: true })) {
      empty = false;
      yield batch;
    }
    if (empty) throw noSamples('findLr()', 'the data');
  }
}

function curveOf(
  lrs: readonly number[],
  losses: readonly number[],
  smoothed: readonly number[],
  steps: number,
  diverged: boolean,
): LrCurve {
  const curve = {
    lrs: Float64Array.from(lrs),
    losses: Float64Array.from(losses),
    smoothed: Float64Array.from(smoothed),
  };
  const suggestions = suggestLr(curve.lrs, curve.smoothed, steps);
  return { ...curve, suggestion: suggestions.valley, suggestions, stopped: diverged ? 'diverged' : 'steps' };
}

function summary({ lrs, smoothed, suggestion, stopped }: LrCurve): string {
  const best = Math.min(...smoothed);
  const length = `${lrs.length} steps, ${stopped === 'diverged' ? 'stopped as the loss exploded' : 'to the end'}`;
  const found = suggestion === null ? 'too short to suggest a rate' : `suggested learning rate ${rate(suggestion)}`;
  return lrs.length === 0 ? `${length}; ${found}` : `${length}; best loss ${figure(best)}; ${found}`;
}
