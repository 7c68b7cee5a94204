import type { FindLrSettings, LrCurve } from './options.js';
import { batches } from '../../data/batches.js';
import { sampleCount } from '../../data/check-batch.js';
import type { Batch, DataSource, SampleStream } from '../../ports/data-source.js';
import type { StepSpec } from '../../ports/engine.js';
import type { TrainingState } from '../../state/training-state.js';
import type { OpContext } from '../context.js';
import { figure, rate } from '../format.js';
import { Sweep } from './lr-sweep.js';
import { frozenNames } from '../freeze.js';
import { Progress } from '../progress/progress.js';
import { baseRates, ratesInProportion } from '../steps/rates.js';
import { noSamples } from '../samples.js';
import { stepperFor } from '../steps/stepper-for.js';
import { suggestLr } from './suggest-lr.js';
import { Tally } from '../tally.js';
import { trainable } from '../trainable.js';

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
