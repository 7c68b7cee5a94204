import type { EvaluateResult, EvaluateSettings } from './options.js';

import { objectiveNames } from '../../components/objective-list.js';
import type { Recipe } from '../../components/recipe.js';
import { batches } from '../../data/batches.js';
import { sampleCount } from '../../data/check-batch.js';
import { RepriseError } from '../../errors/base.js';
import { keepNothing, type Metric } from '../../metrics/metric.js';
import type { DataSource, SampleStream } from '../../ports/data-source.js';
import type { TrainingState } from '../../state/training-state.js';
import type { OpContext } from '../context.js';
import { checkObjectiveNames } from '../steps/objective-names.js';
import { Progress } from '../progress/progress.js';
import { noSamples, samplesOf } from '../samples.js';
import { evaluateBatch } from '../steps/evaluate-batch.js';
import { Tally } from '../tally.js';

/**
 * Loss and metrics of the live net on all of the data, in evaluation mode. Changes nothing.
 * @throws RepriseError `NO_LOSS` where there is neither a loss nor a metric; DataError
 */
export async function evaluate(
  context: OpContext,
  state: TrainingState,
  data: DataSource | SampleStream,
  settings: EvaluateSettings,
): Promise<EvaluateResult> {
  const { metrics, batchSize } = settings;
  const loss = settings.loss === undefined ? state.loss : settings.loss;
  if (loss === null && metrics.length === 0) {
    throw new RepriseError(
      'NO_LOSS',
      'evaluate() has nothing to tell: no loss was set up and no metrics are given. ' +
        'Call setup({ loss: … }) first, or pass { loss: … } or { metrics: [ … ] }.',
    );
  }
  checkObjectiveNames('evaluate()', metrics, objectiveNames(loss));
  const progress = new Progress(context.host, settings.progress);
  try {
    progress.begin('evaluate', samplesOf(data));
    const tally = await pass(context, data, { loss, metrics, batchSize, seed: state.seed }, progress);
    if (tally.samples === 0) throw noSamples('evaluate()', 'the data');
    return { ...(loss === null ? {} : { loss: tally.loss, ...tally.objectives() }), ...tally.metrics() };
  } finally {
    progress.clear();
  }
}

/** One pass over the data in evaluation mode. */
export async function pass(
  { net, signal }: OpContext,
  data: DataSource | SampleStream,
  plan: {
    readonly loss: Recipe | null;
    readonly metrics: readonly Metric[];
    readonly batchSize: number;
    readonly seed: number;
  },
  progress: Progress,
): Promise<Tally> {
  const { loss, metrics, batchSize, seed } = plan;
  const tally = new Tally(metrics, net.description.outputs[0] ?? '', null, objectiveNames(loss));
  for await (const batch of batches(data, {
    batchSize,
    shuffle: false,
    seed,
    epoch: 0,
    signal,
    recycle: keepNothing(metrics),
  })) {
    signal.throwIfAborted();
    const samples = sampleCount(batch);
    await evaluateBatch(net, batch, loss, tally);
    progress.advance(samples, loss === null ? null : tally);
  }
  return tally;
}
