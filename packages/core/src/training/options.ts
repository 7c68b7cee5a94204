import { type Metric, checkMetrics } from '../metrics/metric.js';
import { checkNumber } from '../components/checks.js';
import { nearest } from '../options/nearest.js';
import { boolean, checkOptions, nonNegativeInteger, oneOf, positiveInteger, refuse } from '../options/index.js';
import { type ClipOptions, parseClip } from './clip.js';
import { checkFreeze } from './freeze.js';
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
  /** Whether each epoch has an order of its own. Default true; streams keep theirs. */
  readonly shuffle?: boolean;
  /** Reported for each epoch, on training and validation data. */
  readonly metrics?: M;
  /**
   * The loss or the metric, on the validation data, that says which epoch is best. Default: `loss` where `loadBest` or `patience`
   * is given, else nothing is watched.
   */
  readonly watch?: 'loss' | NoInfer<MetricNames<M>>;
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
  /** Default `auto`. */
  readonly progress?: ProgressMode;
  /** When a recorded train stores where it has come to, so that a killed one goes on from there, and what is kept of that. */
  readonly snapshots?: SnapshotOptions;
}

/** The options of `train`, checked and complete. */
export interface TrainSettings {
  readonly epochs: number;
  readonly batchSize: number;
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
  readonly progress: ProgressMode;
  readonly snapshots: SnapshotSettings;
}

const optionNames: readonly (keyof TrainOptions)[] = [
  'epochs',
  'batchSize',
  'shuffle',
  'metrics',
  'watch',
  'loadBest',
  'patience',
  'minDelta',
  'warmup',
  'freeze',
  'clip',
  'progress',
  'snapshots',
];

/** What the options are checked against. */
export interface TrainData {
  /** Whether validation data is given. */
  readonly validation: boolean;
  /** Whether the training data is a stream, which can't be shuffled. */
  readonly stream?: boolean;
}

/**
 * Checks the options of `train` and fills in their defaults.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function parseTrainOptions(options: unknown, data: TrainData): TrainSettings {
  const where = 'train()';
  checkOptions(where, options, optionNames);
  const given = (options ?? {}) as Partial<TrainOptions>;
  const { epochs, batchSize = 32, shuffle = data.stream !== true, metrics = [], loadBest = false } = given;
  const { patience = null, warmup = 0, minDelta = 0, freeze = [], progress = 'auto' } = given;
  positiveInteger(where, 'epochs', epochs);
  positiveInteger(where, 'batchSize', batchSize);
  boolean(where, 'shuffle', shuffle);
  if (shuffle && data.stream === true) refuse(where, 'shuffle', 'left out for a stream, which has one order', shuffle);
  checkMetrics(where, metrics);
  boolean(where, 'loadBest', loadBest);
  if (patience !== null) positiveInteger(where, 'patience', patience);
  nonNegativeInteger(where, 'warmup', warmup);
  checkNumber(where, 'minDelta', minDelta, { min: 0 });
  if (minDelta > 0 && patience === null)
    refuse(where, 'minDelta', 'given together with patience, for which it says what counts', minDelta);
  if (warmup > 0 && patience === null)
    refuse(where, 'warmup', 'given together with patience, which it holds back', warmup);
  checkFreeze(where, freeze);
  oneOf(where, 'progress', progress, progressModes);
  const watch = given.watch ?? (loadBest || patience !== null ? 'loss' : null);
  if (watch !== null) checkWatch(where, watch, metrics, data);
  const clip = parseClip(where, given.clip);
  const snapshots = parseSnapshots(where, given.snapshots, monitorModes(metrics, data.validation));
  return {
    epochs,
    batchSize,
    shuffle,
    metrics,
    watch,
    loadBest,
    patience,
    minDelta,
    warmup,
    freeze,
    clip,
    progress,
    snapshots,
  };
}

function monitorModes(metrics: readonly Metric[], validation: boolean): ReadonlyMap<string, 'min' | 'max'> {
  const modes = [['loss', 'min'] as const, ...metrics.map(({ name, mode }) => [name, mode] as const)];
  const prefixes = validation ? ['train', 'val'] : ['train'];
  return new Map(prefixes.flatMap((prefix) => modes.map(([name, mode]) => [`${prefix}_${name}`, mode] as const)));
}

function checkWatch(where: string, watch: string, metrics: readonly Metric[], data: TrainData): void {
  const known = ['loss', ...metrics.map(({ name }) => name)];
  if (!known.includes(watch)) {
    const close = typeof watch === 'string' ? nearest(watch, known) : undefined;
    const hint = close === undefined ? '' : `, perhaps '${close}'`;
    refuse(
      where,
      'watch',
      `'loss' or the name of one of the metrics given (${known.slice(1).join(', ') || 'none'})${hint}`,
      watch,
    );
  }
  if (!data.validation) {
    refuse(where, 'watch', 'left out, with loadBest and patience, or validation data given: watch looks at it', watch);
  }
}
