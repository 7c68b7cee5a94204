import { RepriseError } from '../../errors/base.js';
import type { OpRecord } from '../../ports/op-log.js';
import type { Head } from '../../replay/chain.js';
import type { DivergencePolicy } from '../../replay/policy.js';
import type { Fields } from '../../replay/fields.js';
import { clipFields } from '../../training/clip.js';
import { frozenNames } from '../../training/freeze.js';
import { parseTrainOptions, type TrainSettings } from '../../training/options.js';
import type { Scores, TrainResult } from '../../training/result.js';
import type { CourseProgress, PartialEpoch } from '../../training/course.js';
import { train } from '../../training/train.js';
import type { Plain } from '../../values/plain.js';
import { checkData, type Data, splitKeyedOptions } from '../call-options.js';
import type { RecordedProgress, Replayed, Request } from '../request.js';
import type { Runtime } from '../runtime.js';
import { metricDigest } from './metrics.js';

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
): Promise<Request> {
  const { own, signal, key, onDivergence = policy } = splitKeyedOptions('train()', options);
  checkData('train()', 'the training data', trainData);
  if (validation !== null) checkData('train()', 'the validation data', validation);
  const settings = parseTrainOptions(own, { validation: validation !== null, stream: 'open' in trainData });
  refuseWithoutComponents(head);
  const frozen = frozenNames(settings.freeze, runtime.description);
  const { watch, watched } = watchedBy(settings, head);
  const digests = new Map<string, Plain>();
  for (const metric of settings.metrics)
    digests.set(`${metricPrefix}${metric.name}`, await metricDigest(runtime, metric));
  if (validation !== null) digests.set(validationPath, await runtime.fingerprint(validation));
  const decides = (path: string): boolean => watched.has(path) || (path === validationPath && watch);
  const { epochs, batchSize, shuffle, loadBest, patience, warmup, minDelta } = settings;
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
      freeze: frozen,
      ...clipFields(settings.clip),
      ...Object.fromEntries([...digests].filter(([path]) => decides(path))),
    },
    observed: { ...Object.fromEntries([...digests].filter(([path]) => !decides(path))), progress: settings.progress },
    summary: { observations: Object.fromEntries(digests) },
    outline: () => runtime.outlines({ 'data.train': trainData, [validationPath]: validation }),
    extending: {
      epochs,
      observations: Object.fromEntries(digests),
      settings,
      snapshots: settings.snapshots,
      fit: (recorded) => fitted(recorded, digests),
    },
    diverges: true,
    onDivergence,
    data: validation === null ? [trainData] : [trainData, validation],
    signal,
    key,
    silent: settings.progress === 'silent',
    replay: (result, record) => observedAgain(result, digests, record),
    work: async (context, training, course) => {
      const data = { train: trainData, validation };
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

/** The metrics that something watches, and whether something watches the validation data. */
function watchedBy(
  { watch, metrics }: TrainSettings,
  { op: { components } }: Head,
): { watch: boolean; watched: ReadonlySet<string> } {
  const monitors = [components.epochMonitor, components.stepMonitor].filter((monitor) => monitor !== null);
  const named = new Set([watch, ...monitors.map((monitor) => monitor.slice(monitor.indexOf('_') + 1))]);
  return {
    watch: watch !== null || monitors.some((monitor) => monitor.startsWith('val_')),
    watched: new Set(metrics.filter(({ name }) => named.has(name)).map(({ name }) => `${metricPrefix}${name}`)),
  };
}

/** A recorded result as this call would have seen it: what it asks for and the record lacks is absent, and said. */
function observedAgain(result: Plain, called: ReadonlyMap<string, Plain>, { summary }: OpRecord): Replayed {
  const recorded = result as unknown as TrainResult;
  const { initial, history } = recorded;
  const observations = summary['observations'] as Fields;
  const lacks = (summary['lacks'] ?? []) as readonly string[];
  const fit = fitted({ initial, history, observations, lacks }, called);
  const { initial: first, history: epochs } = fit.progress;
  return { result: { ...recorded, initial: first, history: epochs } as unknown as Plain, lacks: fit.lacks };
}

/** Recorded scores, less what this call doesn't ask for; and what it asks for that they lack, or lack in part. */
function fitted(
  { initial, history, observations, lacks, partial = null }: RecordedProgress,
  called: ReadonlyMap<string, Plain>,
): { readonly progress: CourseProgress; readonly lacks: readonly string[] } {
  const without = [...called.keys()].filter((path) => called.get(path) !== observations[path]);
  const partly = lacks.filter((path) => called.has(path) && !without.includes(path));
  const shown = (path: string): boolean => called.has(path) && !without.includes(path);
  // In the order of this call's metrics: a decoded record has lost its own.
  const names = ['loss', ...[...called.keys()].filter((path) => path !== validationPath && shown(path)).map(nameOf)];
  const pick = (scores: Scores): Scores =>
    Object.fromEntries(names.flatMap((name) => (name in scores ? [[name, scores[name as 'loss']]] : []))) as Scores;
  const val = (scores: Scores | null): Scores | null =>
    scores === null || !shown(validationPath) ? null : pick(scores);
  const epochs = history.map((epoch) => ({ ...epoch, train: pick(epoch.train), val: val(epoch.val) }));
  const gathered = (each: PartialEpoch): PartialEpoch => ({
    ...each,
    accumulators: Object.fromEntries(Object.entries(each.accumulators).filter(([name]) => shown(metricPrefix + name))),
  });
  return {
    progress: { initial: val(initial), history: epochs, partial: partial && gathered(partial) },
    lacks: [...without, ...partly],
  };
}

/** What is lacking, in words. */
export function lackSaid(path: string): string {
  return path === validationPath ? 'scores on this validation data' : `metric '${nameOf(path)}'`;
}

function nameOf(path: string): string {
  return path.slice(metricPrefix.length);
}

const metricPrefix = 'metrics.';
const validationPath = 'data.validation';
