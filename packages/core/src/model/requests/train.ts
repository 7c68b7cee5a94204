import { RepriseError } from '../../errors/base.js';
import { objectiveScores } from '../../components/objective-list.js';
import { outlineOfDeps } from '../../functions/user-function.js';
import type { OpRecord } from '../../ports/op-log.js';
import type { Head } from '../../replay/chain.js';
import type { DivergencePolicy } from '../../replay/policy.js';
import type { Fields } from '../../replay/fields.js';
import {
  type Callback,
  type SavedCheckpoint,
  checkNames,
  decides as decidesTraining,
  mindsValidation,
} from '../../callbacks/callback.js';
import type { LoggedQuantities } from '../../callbacks/logged.js';
import type { CallbackProgress } from '../../callbacks/progress.js';
import { refuse } from '../../options/index.js';
import { clipFields } from '../../training/clip.js';
import { frozenNames } from '../../training/freeze.js';
import { parseTrainOptions, type TrainSettings } from '../../training/options.js';
import type { Scores, TrainResult } from '../../training/result.js';
import type { CourseProgress, PartialEpoch } from '../../training/course.js';
import { loggedByStep } from '../../training/steps/training-step.js';
import type { Plain } from '../../values/plain.js';
import { checkData, type Data, splitKeyedOptions } from '../call-options.js';
import type { RecordedProgress, Replayed, Request } from '../request.js';
import type { Runtime } from '../runtime.js';
import { calledCallbacks, monitorsOfCallbacks } from './callbacks.js';
import { callbacksPath, metricPrefix, nameOf, validationPath } from '../observed.js';
import { metricDigest } from './metrics.js';
import { fieldsOfStep } from './step.js';

/** What a block adds to its trains. */
export interface BlockState {
  readonly registered?: readonly Callback[];
  /** Whether a state that has more than was registered is an error. */
  readonly strict?: boolean;
}

/**
 * A train call, checked, with what decides it. Validation data and metrics decide where something watches them (`watch`,
 * a scheduler); else they only observe.
 */
export async function trainRequest(
  runtime: Runtime,
  head: Head,
  trainData: Data,
  validation: Data | null,
  options: unknown,
  policy: DivergencePolicy,
  { registered = [], strict = true }: BlockState = {},
): Promise<Request> {
  const { own, signal, key, onDivergence = policy } = splitKeyedOptions('train()', options);
  checkData('train()', 'the training data', trainData);
  if (validation !== null) checkData('train()', 'the validation data', validation);
  const { objectives = [] } = head.op.components;
  const against = { validation: validation !== null, stream: 'open' in trainData, objectives };
  const parsed = parseTrainOptions(own, against);
  const callbacks = [...registered, ...parsed.callbacks];
  checkNames('train()', callbacks);
  const carried = registered.map(({ name }) => name);
  const settings = { ...parsed, callbacks, carried, strict, loggers: [...runtime.loggers, ...parsed.loggers] };
  // By the train itself, while it goes on.
  let told = false;
  refuseWithoutComponents(head);
  const frozen = frozenNames(settings.freeze, runtime.description);
  const { watch, watched } = watchedBy(settings, head);
  const digests = new Map<string, Plain>();
  for (const metric of settings.metrics)
    digests.set(`${metricPrefix}${metric.name}`, await metricDigest(runtime, metric));
  if (validation !== null) digests.set(validationPath, await runtime.fingerprint(validation));
  const { fields: callbackFields, observers } = await calledCallbacks(runtime, settings.callbacks);
  for (const [path, digest] of observers) digests.set(path, digest);
  const stepFields = await fieldsOfStep(runtime, settings.step);
  const deciding = new Set([...settings.callbacks.filter(decidesTraining).map(({ name }) => name), loggedByStep]);
  const decides = (path: string): boolean => watched.has(path) || (path === validationPath && watch);
  const { epochs, batchSize, accumulate, shuffle, loadBest, patience, warmup, minDelta, maxSteps, maxTime } = settings;
  return {
    kind: 'train',
    fields: {
      'data.train': await runtime.fingerprint(trainData),
      epochs,
      batchSize,
      shuffle,
      watch: settings.watch,
      loadBest,
      patience,
      warmup,
      // Calls that were recorded before there was such an option keep their fingerprints.
      ...(minDelta === 0 ? {} : { minDelta }),
      ...(accumulate === 1 ? {} : { accumulate }),
      ...stepFields,
      ...(maxSteps === null ? {} : { maxSteps }),
      ...(maxTime === null ? {} : { maxTime }),
      freeze: frozen,
      ...clipFields(settings.clip),
      ...callbackFields,
      ...Object.fromEntries([...digests].filter(([path]) => decides(path))),
    },
    observed: { ...Object.fromEntries([...digests].filter(([path]) => !decides(path))), progress: settings.progress },
    summary: { observations: Object.fromEntries(digests) },
    outline: async () => ({
      ...(await runtime.outlines({ 'data.train': trainData, [validationPath]: validation })),
      ...(settings.step && outlineOfDeps(settings.step.run, 'step')),
    }),
    extending: {
      epochs,
      observations: Object.fromEntries(digests),
      settings,
      snapshots: settings.snapshots,
      fit: (recorded) => fitted(recorded, digests, deciding, objectives),
    },
    diverges: true,
    onDivergence,
    data: validation === null ? [trainData] : [trainData, validation],
    signal,
    key,
    silent: settings.progress === 'silent',
    answered: async (result, { place, record }) => {
      if (told) return;
      const { initial, history, logged, saved, begun = null } = result as unknown as TrainResult;
      if (saved !== undefined) {
        const { writeMissing } = await import('../checkpoint-files.js');
        await writeMissing(runtime, record.series, saved);
      }
      if (settings.loggers.length === 0) return;
      const { Telling } = await import('../../loggers/telling.js');
      const telling = new Telling(settings.loggers, runtime.run(place), () => runtime.host.elapsed(), recordedSaid);
      await telling.begin({ initial, history, ...(logged && { logged }), begun });
    },
    replay: (result, record) => observedAgain(result, digests, deciding, settings.callbacks, objectives, record),
    work: async (context, training, course) => {
      told = true;
      if (course === undefined) refuseUnkept(settings.callbacks);
      const data = { train: trainData, validation };
      const { train } = await import('../../training/train.js');
      const { result, state } = await train(context, training, data, settings, course);
      return { result: result as unknown as Plain, moved: state };
    },
  };
}

function refuseWithoutComponents({ op: { components, place } }: Head): void {
  const missing = components.loss === null ? 'loss' : components.optimizer === null ? 'optimizer' : null;
  if (missing === null) return;
  const example = missing === 'loss' ? 'loss: crossEntropy()' : 'optimizer: adam()';
  throw new RepriseError(
    missing === 'loss' ? 'NO_LOSS' : 'NO_OPTIMIZER',
    `train() has no ${missing}: neither this block nor one that it stands on has set one up` +
      `${place.checkpoint === '' ? '' : ` (the state is that of checkpoint '${place.checkpoint}')`}. ` +
      `Call cp.setup({ ${example}, … }) first.`,
  );
}

/** A train that is not recorded has no states to be kept: nothing but files stays of it. */
function refuseUnkept(callbacks: readonly Callback[]): void {
  const without = callbacks.find((each) => each.saved !== undefined && (each.writes ?? []).length === 0);
  if (without === undefined) return;
  refuse(
    `model.train() callback '${without.name}'`,
    'dirpath',
    'given where the train is not recorded, since no state of it is kept; or train in a block, with cp.train()',
    undefined,
  );
}

/** The metrics that something watches, and whether something watches the validation data. */
function watchedBy(
  { watch, metrics, callbacks }: TrainSettings,
  { op: { components } }: Head,
): { watch: boolean; watched: ReadonlySet<string> } {
  const seen = monitorsOfCallbacks(callbacks);
  if (seen === 'all') return { watch: true, watched: new Set(metrics.map(({ name }) => `${metricPrefix}${name}`)) };
  const schedulers = [components.epochMonitor, components.stepMonitor].filter((monitor) => monitor !== null);
  const monitors = [...schedulers, ...seen];
  const named = new Set([watch, ...monitors.map((monitor) => monitor.slice(monitor.indexOf('_') + 1))]);
  return {
    watch: watch !== null || callbacks.some(mindsValidation) || monitors.some((monitor) => monitor.startsWith('val_')),
    watched: new Set(metrics.filter(({ name }) => named.has(name)).map(({ name }) => `${metricPrefix}${name}`)),
  };
}

/** A recorded result as this call would have seen it: what it asks for and the record lacks is absent, and said. */
function observedAgain(
  result: Plain,
  called: ReadonlyMap<string, Plain>,
  deciding: ReadonlySet<string>,
  callbacks: readonly Callback[],
  objectives: readonly string[],
  { summary }: OpRecord,
): Replayed {
  const { logged, saved, ...recorded } = result as unknown as TrainResult;
  const { initial, history } = recorded;
  const observations = summary['observations'] as Fields;
  const lacks = (summary['lacks'] ?? []) as readonly string[];
  const fit = fitted({ initial, history, observations, lacks }, called, deciding, objectives);
  const { initial: first, history: epochs } = fit.progress;
  const own =
    logged &&
    loggedBy(logged, (name) => deciding.has(name) || shownAgain(called, observations, `${callbacksPath}.${name}`));
  const again = Object.entries(saved ?? {}).filter(([name]) =>
    shownAgain(called, observations, `${callbacksPath}.${name}`),
  );
  const told = {
    ...(own !== undefined && Object.keys(own).length > 0 && { logged: own }),
    ...(again.length > 0 && { saved: withFiles(Object.fromEntries(again), callbacks) }),
  };
  return { result: { ...recorded, initial: first, history: epochs, ...told } as unknown as Plain, lacks: fit.lacks };
}

/** Recorded scores, less what this call doesn't ask for; and what it asks for that they lack, or lack in part. */
function fitted(
  { initial, history, begun, callbacks, observations, lacks, partial = null }: RecordedProgress,
  called: ReadonlyMap<string, Plain>,
  deciding: ReadonlySet<string>,
  objectives: readonly string[],
): { readonly progress: CourseProgress; readonly lacks: readonly string[] } {
  const without = [...called.keys()].filter((path) => called.get(path) !== observations[path]);
  const partly = lacks.filter((path) => called.has(path) && !without.includes(path));
  const shown = (path: string): boolean => shownAgain(called, observations, path);
  // In the order of this call's metrics: a decoded record has lost its own.
  const names = [
    'loss',
    ...objectiveScores(objectives).map(({ name }) => name),
    ...[...called.keys()].filter((path) => path.startsWith(metricPrefix) && shown(path)).map(nameOf),
  ];
  const pick = (scores: Scores): Scores =>
    Object.fromEntries(names.flatMap((name) => (name in scores ? [[name, scores[name as 'loss']]] : []))) as Scores;
  const val = (scores: Scores | null): Scores | null =>
    scores === null || !shown(validationPath) ? null : pick(scores);
  const epochs = history.map((epoch) => ({ ...epoch, train: pick(epoch.train), val: val(epoch.val) }));
  const gathered = (each: PartialEpoch): PartialEpoch => ({
    ...each,
    accumulators: Object.fromEntries(Object.entries(each.accumulators).filter(([name]) => shown(metricPrefix + name))),
  });
  const by = (name: string): boolean => deciding.has(name) || shown(`${callbacksPath}.${name}`);
  // One that only observes and is another now begins anew.
  const observers = [...called.keys()].filter((path) => path.startsWith(`${callbacksPath}.`));
  const others = observers.filter((path) => !shown(path)).map((path) => path.slice(callbacksPath.length + 1));
  const mine = <T>(values: { readonly [name: string]: T }): { readonly [name: string]: T } =>
    Object.fromEntries(Object.entries(values).filter(([name]) => !others.includes(name)));
  const told = (of: CallbackProgress | undefined): { readonly callbacks?: CallbackProgress } => {
    if (of === undefined) return {};
    const logged = { ...of.logged, series: loggedBy(of.logged.series, by) };
    const lines = of.lines.filter((each) => by(each.by));
    const [extras, keeps, saved] = [mine(of.extras), mine(of.keeps), mine(of.saved)];
    const requests = of.requests === undefined ? {} : { requests: mine(of.requests) };
    return { callbacks: { ...of, ...requests, logged, lines, extras, keeps, saved, others } };
  };
  return {
    progress: {
      initial: val(initial),
      history: epochs,
      partial: partial && gathered(partial),
      ...(begun !== undefined && { begun }),
      ...told(callbacks),
    },
    lacks: [...without, ...partly],
  };
}

/** Recorded checkpoints with the files that this call has of them. */
function withFiles(
  saved: NonNullable<TrainResult['saved']>,
  callbacks: readonly Callback[],
): NonNullable<TrainResult['saved']> {
  return Object.fromEntries(
    Object.entries(saved).map(([name, { kept, last, weightsOnly }]) => {
      const of = callbacks.find((each) => each.name === name);
      const there = (each: SavedCheckpoint): SavedCheckpoint => ({ ...each, path: of?.fileOf?.(each.name) ?? null });
      return [name, { kept: kept.map(there), last: last && there(last), weightsOnly }];
    }),
  );
}

/** Whether a call asks for what a path names, and the record was made with the same. */
function shownAgain(called: ReadonlyMap<string, Plain>, observations: Fields, path: string): boolean {
  return called.has(path) && called.get(path) === observations[path];
}

/** What these callbacks logged. */
function loggedBy(series: LoggedQuantities, by: (callback: string) => boolean): LoggedQuantities {
  return Object.fromEntries(Object.entries(series).filter(([, each]) => by(each.by)));
}

const recordedSaid = 'The train is recorded: mend the logger, or leave it out, and run the script again.';
