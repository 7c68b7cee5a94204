import { RepriseError } from '../../errors/base.js';
import type { Head } from '../../replay/chain.js';
import type { DivergencePolicy } from '../../replay/divergence.js';
import type { Fields } from '../../replay/fields.js';
import { frozenNames } from '../../training/freeze.js';
import { parseTrainOptions, type TrainSettings } from '../../training/options.js';
import type { Scores, TrainResult } from '../../training/result.js';
import { train } from '../../training/train.js';
import type { Plain } from '../../values/plain.js';
import { checkData, type Data, splitCallOptions } from '../call-options.js';
import type { Replayed, Request, Runtime } from '../runtime.js';
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
  const { own, signal, onDivergence = policy } = splitCallOptions('train()', options);
  checkData('train()', 'the training data', trainData);
  if (validation !== null) checkData('train()', 'the validation data', validation);
  const settings = parseTrainOptions(own, { validation: validation !== null, stream: 'open' in trainData });
  refuseWithoutComponents(head);
  const frozen = frozenNames(settings.freeze, runtime.description);
  const { watch, watched } = watchedBy(settings, head);
  const digests = new Map<string, Plain>();
  for (const metric of settings.metrics) digests.set(`metrics.${metric.name}`, await metricDigest(runtime, metric));
  if (validation !== null) digests.set('data.validation', await runtime.fingerprint(validation));
  const decides = (path: string): boolean => watched.has(path) || (path === 'data.validation' && watch);
  const { epochs, batchSize, shuffle, loadBest, patience, warmup } = settings;
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
      freeze: frozen,
      ...Object.fromEntries([...digests].filter(([path]) => decides(path))),
    },
    observed: Object.fromEntries([...digests].filter(([path]) => !decides(path))),
    diverges: true,
    onDivergence,
    signal,
    silent: settings.progress === 'silent',
    replay: (result, { fields, observed }) =>
      observedAgain(result as unknown as TrainResult, [...digests.keys()], (path) =>
        sameObserved(path, digests, { ...observed, ...fields }),
      ),
    work: async (context, training) => {
      const { result, state } = await train(context, training, { train: trainData, validation }, settings);
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
    watched: new Set(metrics.filter(({ name }) => named.has(name)).map(({ name }) => `metrics.${name}`)),
  };
}

function sameObserved(path: string, called: ReadonlyMap<string, Plain>, recorded: Fields): boolean {
  return called.has(path) && called.get(path) === recorded[path];
}

/** A recorded history as this call would have seen it: what it asks for and the record lacks is absent, and said. */
function observedAgain(result: TrainResult, called: readonly string[], recorded: (path: string) => boolean): Replayed {
  const prefix = 'metrics.';
  const there = new Set(called.filter(recorded).map((path) => path.slice(prefix.length)));
  const validated = recorded('data.validation');
  const pick = (scores: Scores): Scores =>
    Object.fromEntries(Object.entries(scores).filter(([name]) => name === 'loss' || there.has(name))) as Scores;
  const val = (scores: Scores | null): Scores | null => (scores === null || !validated ? null : pick(scores));
  const history = result.history.map((epoch) => ({ ...epoch, train: pick(epoch.train), val: val(epoch.val) }));
  const again = { ...result, initial: val(result.initial), history };
  const lacks = called
    .filter((path) => !recorded(path))
    .map((path) =>
      path.startsWith(prefix) ? `metric '${path.slice(prefix.length)}'` : 'scores on this validation data',
    );
  return { result: again as unknown as Plain, lacks };
}
