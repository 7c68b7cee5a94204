import { type Callback, checkCallbackMonitors, checkCallbacks } from '../callbacks/callback.js';
import { checkLoggers, type Logger } from '../loggers/logger.js';
import { type Metric, checkMetrics } from '../metrics/metric.js';
import { checkNumber } from '../components/checks.js';
import { objectiveScores } from '../components/objective-list.js';
import { nearest } from '../options/nearest.js';
import {
  boolean,
  checkOptions,
  nonNegativeInteger,
  oneOf,
  positiveInteger,
  positiveNumber,
  refuse,
} from '../options/index.js';
import { type ClipOptions, parseClip } from './clip.js';
import { checkFreeze } from './freeze.js';
import { checkObjectiveNames } from './steps/objective-names.js';
import { checkAccumulate } from './steps/check-accumulate.js';
import { checkTrainingStep, type TrainingStep } from './steps/training-step.js';
import { scoreNames } from './monitors.js';
import type { Clip } from '../ports/engine.js';
import { parseSnapshots, type SnapshotOptions, type SnapshotSettings } from './snapshots.js';

/** How an op shows that it works: `auto` is a bar on a terminal and lines elsewhere. */
export type ProgressMode = 'auto' | 'bar' | 'lines' | 'silent';

export const progressModes: readonly ProgressMode[] = ['auto', 'bar', 'lines', 'silent'];

/** The names of some metrics, as types. */
export type MetricNames<M extends readonly Metric[]> = M[number]['name'];

/** Options of `train`. */
export interface TrainOptions<M extends readonly Metric[] = readonly Metric[]> {
  /** How many epochs to train: passes over the training data. */
  readonly epochs: number;
  /** Samples a step; the last batch of an epoch may be smaller. Default 32. */
  readonly batchSize?: number;
  /**
   * How many batches in a row make one update, by the gradient of the mean over all their samples: as a batch of so many times the size would, in the
   * memory that one takes. An epoch's last update may have fewer. What counts steps counts updates. Default 1.
   */
  readonly accumulate?: number;
  /** A training step of one's own, made by `trainingStep`: which objectives are minimised on a batch, and in what order. Default: each in turn. */
  readonly step?: TrainingStep;
  /** Whether each epoch has an order of its own. Default true; streams keep theirs. */
  readonly shuffle?: boolean;
  /** Reported for each epoch, on training and validation data. */
  readonly metrics?: M;
  /**
   * The loss or the metric, on the validation data, that says which epoch is best; of objectives, one's own loss is `generator_loss`. Default: `loss` where `loadBest` or `patience`
   * is given, else nothing is watched.
   */
  readonly watch?: 'loss' | NoInfer<MetricNames<M>> | `${string}_loss`;
  /** Ends at the best epoch's net and optimizer, the state before training included; schedulers and the loop's position stay. Default false. */
  readonly loadBest?: boolean;
  /** Stops after this many epochs in a row without a better value. Default: never. */
  readonly patience?: number;
  /** For `patience`, better means by more than this; the best epoch is the best one all the same. Default 0. */
  readonly minDelta?: number;
  /** So many epochs at the beginning don't count for `patience`. Their values can be the best all the same. Default 0. */
  readonly warmup?: number;
  /** Parameters to leave as they are, by name; `*` stands for any characters: `backbone.*`. */
  readonly freeze?: readonly string[];
  /** Clips gradients before each update: `{ norm: 1 }` or `{ value: 0.5 }`. Default: they stay as they are. */
  readonly clip?: ClipOptions;
  /** Told what training comes by, in this order: `earlyStopping()`, `ema()`, `callback()` and others. */
  readonly callbacks?: readonly Callback[];
  /** Ends after so many updates of this call, in the middle of an epoch too. Default: none. */
  readonly maxSteps?: number;
  /** Ends once this call has trained for so many seconds, in the middle of an epoch too; what an interrupted process trained counts. Default: none. */
  readonly maxTime?: number;
  /** Write the figures of training where other programs read them: `tensorBoardLogger()`, `csvLogger()`, `jsonlLogger()`. Beside those that the model was opened with. */
  readonly loggers?: readonly Logger[];
  /** Default `auto`. */
  readonly progress?: ProgressMode;
  /** When a recorded train stores where it has come to, so that a killed one goes on from there, and what is kept of that. */
  readonly snapshots?: SnapshotOptions;
}

/** The options of `train`, checked and complete. */
export interface TrainSettings {
  readonly epochs: number;
  readonly batchSize: number;
  readonly accumulate: number;
  /** Null: the usual one. */
  readonly step: TrainingStep | null;
  readonly shuffle: boolean;
  readonly metrics: readonly Metric[];
  /** `loss`, a metric's name, or null: nothing is watched. */
  readonly watch: string | null;
  readonly loadBest: boolean;
  readonly patience: number | null;
  readonly minDelta: number;
  readonly warmup: number;
  readonly freeze: readonly string[];
  readonly clip: Clip | null;
  readonly callbacks: readonly Callback[];
  readonly maxSteps: number | null;
  /** Seconds. */
  readonly maxTime: number | null;
  readonly loggers: readonly Logger[];
  /** Names of callbacks whose state stays when the train has ended: what the block has registered. */
  readonly carried: readonly string[];
  /** Whether a state may have no others. */
  readonly strict: boolean;
  readonly progress: ProgressMode;
  readonly snapshots: SnapshotSettings;
}

const optionNames: readonly (keyof TrainOptions | 'untilEpoch')[] = [
  'epochs',
  'untilEpoch',
  'batchSize',
  'accumulate',
  'step',
  'shuffle',
  'metrics',
  'watch',
  'loadBest',
  'patience',
  'minDelta',
  'warmup',
  'freeze',
  'clip',
  'callbacks',
  'maxSteps',
  'maxTime',
  'loggers',
  'progress',
  'snapshots',
];

/** What the options are checked against. */
export interface TrainData {
  /** Whether validation data is given. */
  readonly validation: boolean;
  /** Whether the training data is a stream, which can't be shuffled. */
  readonly stream?: boolean;
  /** Names of the objectives that the loss is made of, if any. */
  readonly objectives?: readonly string[];
}

/**
 * Checks the options of `train` and fills in their defaults.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function parseTrainOptions(options: unknown, data: TrainData): TrainSettings {
  const where = 'train()';
  checkOptions(where, options, optionNames);
  const given = (options ?? {}) as Partial<TrainOptions> & { readonly untilEpoch?: unknown };
  if (given.untilEpoch !== undefined) {
    refuse(where, 'untilEpoch', 'said as epochs here, where nobody knows how many there were', given.untilEpoch);
  }
  const { epochs, batchSize = 32, shuffle = data.stream !== true, metrics = [], loadBest = false } = given;
  const {
    accumulate = 1,
    step = null,
    patience = null,
    warmup = 0,
    minDelta = 0,
    freeze = [],
    progress = 'auto',
  } = given;
  const { callbacks = [], maxSteps = null, maxTime = null, loggers = [] } = given;
  positiveInteger(where, 'epochs', epochs);
  positiveInteger(where, 'batchSize', batchSize);
  positiveInteger(where, 'accumulate', accumulate);
  boolean(where, 'shuffle', shuffle);
  if (shuffle && data.stream === true) refuse(where, 'shuffle', 'left out for a stream, which has one order', shuffle);
  checkMetrics(where, metrics);
  const { objectives = [] } = data;
  checkObjectiveNames(where, metrics, objectives);
  if (objectives.length > 0) checkAccumulate(where, accumulate, 'objectives');
  if (step !== null) {
    checkTrainingStep(where, step);
    checkAccumulate(where, accumulate, 'a training step of your own');
  }
  const scored = [...objectiveScores(objectives), ...metrics];
  boolean(where, 'loadBest', loadBest);
  if (patience !== null) positiveInteger(where, 'patience', patience);
  nonNegativeInteger(where, 'warmup', warmup);
  checkNumber(where, 'minDelta', minDelta, { min: 0 });
  if (minDelta > 0 && patience === null)
    refuse(where, 'minDelta', 'given together with patience, for which it says what counts', minDelta);
  if (warmup > 0 && patience === null)
    refuse(where, 'warmup', 'given together with patience, which it holds back', warmup);
  checkFreeze(where, freeze);
  checkCallbacks(where, callbacks);
  if (maxSteps !== null) positiveInteger(where, 'maxSteps', maxSteps);
  checkLoggers(where, loggers);
  if (maxTime !== null) positiveNumber(where, 'maxTime', maxTime);
  oneOf(where, 'progress', progress, progressModes);
  const watch = given.watch ?? (loadBest || patience !== null ? 'loss' : null);
  if (watch !== null) checkWatch(where, watch, scored, data);
  // What a step of one's own logs is known when it comes.
  if (step === null) checkCallbackMonitors(where, callbacks, scoreNames(scored, data.validation));
  const clip = parseClip(where, given.clip);
  const snapshots = parseSnapshots(where, given.snapshots, monitorModes(scored, data.validation));
  return {
    epochs,
    batchSize,
    accumulate,
    step,
    shuffle,
    metrics,
    watch,
    loadBest,
    patience,
    minDelta,
    warmup,
    freeze,
    clip,
    callbacks,
    maxSteps,
    maxTime,
    loggers,
    carried: [],
    strict: true,
    progress,
    snapshots,
  };
}

type Scored = Pick<Metric, 'name' | 'mode'>;

function monitorModes(metrics: readonly Scored[], validation: boolean): ReadonlyMap<string, 'min' | 'max'> {
  const modes = [['loss', 'min'] as const, ...metrics.map(({ name, mode }) => [name, mode] as const)];
  const prefixes = validation ? ['train', 'val'] : ['train'];
  return new Map(prefixes.flatMap((prefix) => modes.map(([name, mode]) => [`${prefix}_${name}`, mode] as const)));
}

function checkWatch(where: string, watch: string, metrics: readonly Scored[], data: TrainData): void {
  const known = ['loss', ...metrics.map(({ name }) => name)];
  if (!known.includes(watch)) {
    const close = typeof watch === 'string' ? nearest(watch, known) : undefined;
    const hint = close === undefined ? '' : `, perhaps '${close}'`;
    refuse(
      where,
      'watch',
      `'loss' or the name of another score of this call (${known.slice(1).join(', ') || 'none'})${hint}`,
      watch,
    );
  }
  if (!data.validation) {
    refuse(where, 'watch', 'left out, with loadBest and patience, or validation data given: watch looks at it', watch);
  }
}
