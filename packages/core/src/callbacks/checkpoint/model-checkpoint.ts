import { checkOptions } from '../../options/check-options.js';
import { boolean, oneOf, positiveInteger, positiveNumber, refuse, string } from '../../options/validators.js';
import type { Plain } from '../../values/plain.js';
import type { Callback, SavedCheckpoint, SavedCheckpoints, SavedFile } from '../callback.js';
import type { CallbackContext, TrainPosition } from '../context.js';
import { monitored } from '../monitored.js';
import type { StateDict } from '../stateful.js';
import { filenameOf, type FilenameTemplate, parseFilename } from './filename.js';
import { ranked } from './ranking.js';

/** Options of {@link modelCheckpoint}. */
export interface ModelCheckpointOptions {
  /** What checkpoints are ranked by: `val_loss`, or a key that a callback logs. Default: nothing, so that the newest is kept. */
  readonly monitor?: string;
  /** Which way is better. Default: as for `earlyStopping`. */
  readonly mode?: 'min' | 'max';
  /** How many are kept: the best by `monitor`. −1: all. 0: none. Without a monitor 1, 0 or −1. Default 1. */
  readonly saveTopK?: number;
  /** Keeps the newest as well, as `last`. Default false. */
  readonly saveLast?: boolean;
  /** At the end of each so many-th epoch. Default 1, unless one of the next two is given. */
  readonly everyNEpochs?: number;
  /** After each so many-th update, counted over the life of the state. */
  readonly everyNSteps?: number;
  /** After so many seconds at least, at the end of a step. */
  readonly trainTimeInterval?: number;
  /**
   * What a checkpoint is called: `{epoch}` and `{step}`, scores and logged keys, each with a format of Python's if wanted: `mnist-{epoch:02d}-{val_loss:.2f}`.
   * Epochs count from 0. Default `{epoch}-{step}`.
   */
  readonly filename?: string;
  /** Puts each value's name before it: `epoch=02`. Default true. */
  readonly autoInsertMetricName?: boolean;
  /** A folder for files that can be read without the store. Default: none are written. */
  readonly dirpath?: string;
  /** Files have the net only, not what training goes on with. Default false. */
  readonly weightsOnly?: boolean;
  /** Writes a file where training throws or is stopped, too. Needs `dirpath`: the store has that anyway. Default false. */
  readonly saveOnException?: boolean;
  /** Tells several of them apart. Default `modelCheckpoint`. */
  readonly name?: string;
}

interface Args {
  readonly monitor: string | null;
  /** Null: as the metric says. */
  readonly mode: 'min' | 'max' | null;
  readonly saveTopK: number;
  readonly saveLast: boolean;
  readonly every: { readonly epochs: number } | { readonly steps: number } | { readonly seconds: number };
  readonly filename: string;
  readonly autoInsertMetricName: boolean;
  readonly dirpath: string | null;
  readonly weightsOnly: boolean;
  readonly saveOnException: boolean;
}

/**
 * Keeps checkpoints of a train: the best ones by what is monitored, each so many epochs, steps or seconds. In the store each is a name for a state, which costs what is new in it;
 * `from: { checkpoint, saved }` stands on one. With `dirpath` each is a file too, which `Model.load` and any reader of safetensors reads. They are ranked by
 * what is recorded, never by names or times of files. Only observes: `result.saved` says what there is. NaN ranks last; a monitor that doesn't exist is an error.
 * @throws OptionError
 */
export function modelCheckpoint(options: ModelCheckpointOptions = {}): Callback {
  const where = 'modelCheckpoint()';
  checkOptions(where, options, optionNames);
  const { monitor = null, saveTopK = 1, saveLast = false, filename = '{epoch}-{step}' } = options;
  const { autoInsertMetricName = true, dirpath = null, weightsOnly = false, saveOnException = false } = options;
  const { name = 'modelCheckpoint' } = options;
  if (monitor !== null) string(where, 'monitor', monitor);
  const { mode = null } = options;
  if (mode !== null) oneOf(where, 'mode', mode, ['min', 'max']);
  if (mode !== null && monitor === null)
    refuse(where, 'mode', 'given with a monitor, of which it says what is better', mode);
  if (!Number.isSafeInteger(saveTopK) || saveTopK < -1)
    refuse(where, 'saveTopK', 'how many are kept: a whole number, or −1 for all', saveTopK);
  if (monitor === null && saveTopK > 1)
    refuse(where, 'saveTopK', '1, 0 or −1 without a monitor, which says which are best', saveTopK);
  boolean(where, 'saveLast', saveLast);
  boolean(where, 'autoInsertMetricName', autoInsertMetricName);
  boolean(where, 'weightsOnly', weightsOnly);
  boolean(where, 'saveOnException', saveOnException);
  string(where, 'filename', filename);
  string(where, 'name', name);
  if (dirpath !== null) string(where, 'dirpath', dirpath);
  if (dirpath === null && (weightsOnly || saveOnException))
    refuse(where, weightsOnly ? 'weightsOnly' : 'saveOnException', 'given with dirpath: it is about files', true);
  const every = everyOf(where, options);
  const template = parseFilename(where, filename);
  const args = {
    monitor,
    mode,
    saveTopK,
    saveLast,
    every,
    filename,
    autoInsertMetricName,
    dirpath,
    weightsOnly,
    saveOnException,
  };
  return new ModelCheckpoint(name, args, template);
}

const optionNames: readonly (keyof ModelCheckpointOptions)[] = [
  'monitor',
  'mode',
  'saveTopK',
  'saveLast',
  'everyNEpochs',
  'everyNSteps',
  'trainTimeInterval',
  'filename',
  'autoInsertMetricName',
  'dirpath',
  'weightsOnly',
  'saveOnException',
  'name',
];

function everyOf(where: string, options: ModelCheckpointOptions): Args['every'] {
  const { everyNEpochs, everyNSteps, trainTimeInterval } = options;
  const given = Object.entries({ everyNEpochs, everyNSteps, trainTimeInterval }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length > 1)
    refuse(where, given.map(([option]) => option).join(' and '), 'given one at a time: they say when', options);
  if (everyNSteps !== undefined) {
    positiveInteger(where, 'everyNSteps', everyNSteps);
    return { steps: everyNSteps };
  }
  if (trainTimeInterval !== undefined) {
    positiveNumber(where, 'trainTimeInterval', trainTimeInterval);
    return { seconds: trainTimeInterval };
  }
  if (everyNEpochs !== undefined) positiveInteger(where, 'everyNEpochs', everyNEpochs);
  return { epochs: everyNEpochs ?? 1 };
}

class ModelCheckpoint implements Callback {
  readonly name: string;
  readonly observes = true;
  readonly identity: NonNullable<Callback['identity']>;
  readonly monitors: readonly string[];
  readonly writes: readonly string[];
  readonly #args: Args;
  readonly #template: FilenameTemplate;
  #saved: readonly SavedCheckpoint[] = [];
  #last: SavedCheckpoint | null = null;
  /** Seconds of training, when the last one was saved. */
  #at = 0;

  constructor(name: string, args: Args, template: FilenameTemplate) {
    this.name = name;
    const { monitor, mode, saveTopK, saveLast, every, filename, saveOnException } = args;
    // What is kept; what it is called and which files there are of it may change.
    this.identity = { kind: 'modelCheckpoint', args: { monitor, mode, saveTopK, saveLast, every: { ...every } } };
    this.#args = args;
    this.#template = template;
    this.monitors = [...new Set([...(monitor === null ? [] : [monitor]), ...this.#scores])];
    const names = [filename, ...(saveLast ? ['last'] : []), ...(saveOnException ? ['exception'] : [])];
    this.writes = names.flatMap((each) => this.fileOf(each) ?? []);
  }

  onStepEnd(ctx: CallbackContext): void {
    const { every } = this.#args;
    if ('steps' in every && ctx.step % every.steps === 0) this.#save(ctx);
    if ('seconds' in every && ctx.trained() - this.#at >= every.seconds) {
      this.#at = ctx.trained();
      this.#save(ctx);
    }
  }

  onEpochEnd(ctx: CallbackContext): void {
    const { every, monitor } = this.#args;
    // Within an epoch some may not be known yet; now, all must be.
    if (monitor !== null) monitored('modelCheckpoint()', ctx, monitor);
    this.#called(ctx);
    if ('epochs' in every && (ctx.epoch + 1) % every.epochs === 0) this.#save(ctx);
  }

  saved(): SavedCheckpoints {
    return { kept: this.#saved, last: this.#last, weightsOnly: this.#args.weightsOnly };
  }

  lost(isThere: (at: TrainPosition) => boolean): void {
    this.#saved = this.#saved.filter(isThere);
    if (this.#last !== null && !isThere(this.#last)) this.#last = null;
  }

  exceptionFile({ epoch, step }: { readonly epoch: number; readonly step: number }): SavedFile | null {
    const { saveOnException, weightsOnly } = this.#args;
    const path = saveOnException ? this.fileOf(`exception-epoch=${epoch}-step=${step}`) : null;
    return path === null ? null : { path, weightsOnly };
  }

  stateDict(): StateDict {
    return { saved: this.#saved as unknown as Plain, last: this.#last as unknown as Plain, at: this.#at };
  }

  loadStateDict({ saved, last, at }: StateDict): void {
    // Files are where this one has them: the folder may be another now.
    const here = (each: SavedCheckpoint): SavedCheckpoint => ({ ...each, path: this.fileOf(each.name) });
    this.#saved = (saved as unknown as readonly SavedCheckpoint[]).map(here);
    this.#last = last === null ? null : here(last as unknown as SavedCheckpoint);
    this.#at = at as number;
  }

  #save(ctx: CallbackContext): void {
    const { monitor, saveTopK, saveLast, weightsOnly } = this.#args;
    const mode = this.#args.mode ?? (monitor === null ? 'min' : ctx.better(monitor));
    const called = this.#called(ctx);
    const before = this.#saved;
    const value = monitor === null ? null : scoreOf(ctx, monitor);
    const now = { ...ctx.position(), step: ctx.step, value };
    const unnamed: SavedCheckpoint = { ...now, name: '', path: null };
    const kept = ranked([...before, unnamed], mode, saveTopK);
    // Those that make way for it leave their names.
    const taken = [...kept.map(({ name }) => name), ...(saveLast ? ['last'] : [])];
    const name = free(called, new Set(taken));
    const saved: SavedCheckpoint = { ...now, name, path: this.fileOf(name) };
    this.#saved = kept.map((each) => (each === unnamed ? saved : each));
    const stays = kept.includes(unnamed);
    if (saveLast) this.#last = { ...now, name: 'last', path: this.fileOf('last') };
    if (!stays && !saveLast) return;
    const last = this.#last === null ? [] : [this.#last];
    const files = [...(stays ? [saved] : []), ...last].flatMap(({ path }) => path ?? []);
    const gone = before.filter((each) => !kept.includes(each)).flatMap(({ path }) => path ?? []);
    ctx.save({
      keeps: [...this.#saved, ...last],
      files,
      outdated: gone.filter((path) => !files.includes(path)),
      weightsOnly,
    });
  }

  /** The scores and logged keys of filenames. */
  get #scores(): readonly string[] {
    return this.#template.names.filter((name) => name !== 'epoch' && name !== 'step');
  }

  #called(ctx: CallbackContext): string {
    const scores = Object.fromEntries(
      this.#scores.flatMap((name) => (isUnknownYet(ctx, name) ? [[name, Number.NaN] as const] : [])),
    );
    const values = { ...scores, ...ctx.scores, epoch: ctx.epoch, step: ctx.step };
    return filenameOf('modelCheckpoint()', this.#template, values, this.#args.autoInsertMetricName);
  }

  fileOf(name: string): string | null {
    const { dirpath } = this.#args;
    return dirpath === null ? null : `${dirpath.replace(/(?<=.)[/\\]+$/, '')}/${name}.safetensors`;
  }
}

/** Two that are called the same are told apart by a number, as in Lightning. */
function free(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let version = 1; ; version++) if (!taken.has(`${name}-v${version}`)) return `${name}-v${version}`;
}

/** Within the first epoch, nothing is known yet of what it will come to: that ranks last. */
function scoreOf(ctx: CallbackContext, name: string): number {
  return isUnknownYet(ctx, name) ? Number.NaN : monitored('modelCheckpoint()', ctx, name);
}

function isUnknownYet(ctx: CallbackContext, name: string): boolean {
  return ctx.position().steps > 0 && !Object.hasOwn(ctx.scores, name);
}
