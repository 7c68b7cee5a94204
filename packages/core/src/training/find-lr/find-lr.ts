import { checkNumber } from '../../components/checks.js';
import { checkRole, type Loss, type Optimizer } from '../../components/component.js';
import type { Recipe } from '../../components/recipe.js';
import { batches } from '../../data/batches.js';
import { sampleCount } from '../../data/check-batch.js';
import { boolean, checkOptions, oneOf, positiveInteger, refuse } from '../../options/index.js';
import type { Batch, DataSource, SampleStream } from '../../ports/data-source.js';
import type { Clip, StepSpec } from '../../ports/engine.js';
import type { TrainingState } from '../../state/training-state.js';
import type { OpContext } from '../context.js';
import { figure, rate } from '../format.js';
import { Sweep, type SweepKind, sweepKinds } from './lr-sweep.js';
import { type ClipOptions, parseClip } from '../clip.js';
import { checkFreeze, frozenNames } from '../freeze.js';
import { type ProgressMode, progressModes } from '../options.js';
import { Progress } from '../progress/progress.js';
import { baseRates, ratesInProportion } from '../steps/rates.js';
import { noSamples } from '../samples.js';
import { stepperFor } from '../steps/stepper-for.js';
import { type LrSuggestions, suggestLr } from './suggest-lr.js';
import { Tally } from '../tally.js';
import { trainable } from '../trainable.js';

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

/**
 * Trains with a rate that grows from step to step, until the smoothed loss is so many times its best or is no number any more.
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
    const spec = { loss, optimizer, frozen, clip: settings.clip };
    const curve = await swept(context, state, data, settings, spec, progress);
    progress.clear();
    context.line(summary(curve));
    return curve;
  } finally {
    progress.clear();
    net.restore(before);
  }
}

async function swept(
  { net, signal }: OpContext,
  state: TrainingState,
  data: DataSource | SampleStream,
  settings: FindLrSettings,
  spec: StepSpec,
  progress: Progress,
): Promise<LrCurve> {
  const { steps, batchSize, accumulate, shuffle } = settings;
  const base = baseRates(spec.optimizer, net.description, 'findLr()');
  const stepper = await stepperFor('findLr()', net, spec, { accumulate, log: () => undefined });
  const seen = { tally: new Tally([], ''), check: () => undefined };
  const sweep = new Sweep(settings);
  const { seed, loop } = state;
  progress.begin('findLr', steps * accumulate * batchSize);
  let taken = 0;
  for await (const batch of endless(data, { batchSize, shuffle, seed, epoch: loop.epoch, signal })) {
    signal.throwIfAborted();
    const { lr } = sweep;
    const at = { ...ratesInProportion(base, lr, 'findLr()'), seed, step: loop.step + sweep.step, epoch: loop.epoch };
    const loss = await stepper.take(batch, at, seen);
    taken++;
    if (Number.isFinite(loss) && taken < stepper.batches) continue;
    if (sweep.met(Number.isFinite(loss) ? await stepper.end(at) : loss)) break;
    progress.advance(taken * sampleCount(batch), { loss: sweep.smoothed.at(-1) as number, running: () => ({ lr }) });
    taken = 0;
  }
  return curveOf(sweep, settings);
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

function curveOf({ lrs, losses, smoothed, diverged }: Sweep, { steps, sweep }: FindLrSettings): LrCurve {
  const curve = {
    lrs: Float64Array.from(lrs),
    losses: Float64Array.from(losses),
    smoothed: Float64Array.from(smoothed),
  };
  const suggestions = suggestLr(curve.lrs, curve.smoothed, steps, sweep);
  const stopped = diverged ? 'diverged' : 'steps';
  return { ...curve, sweep, suggestion: suggestions.valley, suggestions, stopped };
}

function summary({ lrs, smoothed, suggestion, stopped }: LrCurve): string {
  const best = Math.min(...smoothed);
  const length = `${lrs.length} steps, ${stopped === 'diverged' ? 'stopped as the loss exploded' : 'to the end'}`;
  const found = suggestion === null ? 'too short to suggest a rate' : `suggested learning rate ${rate(suggestion)}`;
  return lrs.length === 0 ? `${length}; ${found}` : `${length}; best loss ${figure(best)}; ${found}`;
}
