import { expand } from './script.js';
import type { AskingCall, DataSpec, MetricSpec, OptimizerSpec, Script, SetupCall, Slot, TrainCall } from './script.js';
import { parameterNames } from './engine.js';

/** What later calls have to know of a state, as the oracle follows it by itself. */
export interface At {
  /** The state: its digest where a run has told it, else how it came about. */
  readonly state: string;
  /** The checkpoint whose op led here; empty for the untrained net. */
  readonly checkpoint: string;
  readonly epochMonitor: string | null;
  readonly stepMonitor: string | null;
}

/** Everything that decides a call, spelled out from the script: nothing here asks the product what counts. */
export interface Spelled {
  readonly key: string;
  /** Of a train: the same call with any number of epochs. */
  readonly series: string | null;
  /** Of a train: what only observes, by name, with its content. */
  readonly observes: { readonly [name: string]: string };
}

export function rootOf({ seed, width, bias }: Script): At {
  return {
    state: `untrained(seed ${seed}, width ${width}, bias ${bias})`,
    checkpoint: '',
    epochMonitor: null,
    stepMonitor: null,
  };
}

export function afterSetup(at: At, call: SetupCall): Pick<At, 'epochMonitor' | 'stepMonitor'> {
  const monitor = (component: 'epochScheduler' | 'stepScheduler', before: string | null): string | null => {
    const given = call[component];
    if (given === undefined) return before;
    return given?.kind === 'reduceOnPlateau' ? given.monitor : null;
  };
  return {
    epochMonitor: monitor('epochScheduler', at.epochMonitor),
    stepMonitor: monitor('stepScheduler', at.stepMonitor),
  };
}

export function spellTrain(script: Script, call: TrainCall, at: At): Spelled {
  const watch = call.watch ?? (call.loadBest || call.patience !== null ? 'loss' : null);
  const monitors = [at.epochMonitor, at.stepMonitor].filter((monitor) => monitor !== null);
  const looks = new Set([watch, ...monitors.map((monitor) => monitor.replace(/^(train|val)_/, ''))]);
  const validationDecides = watch !== null || monitors.some((monitor) => monitor.startsWith('val_'));
  const decides = (metric: MetricSpec): boolean => looks.has(metric.kind);
  const validation = call.validation === null ? null : content(script, call.validation);
  const series = {
    kind: 'train',
    at: at.state,
    data: content(script, call.data),
    validation: validationDecides ? validation : null,
    metrics: sorted(call.metrics.filter(decides)),
    batchSize: call.batchSize,
    shuffle: call.shuffle,
    watch,
    loadBest: call.loadBest,
    patience: call.patience,
    warmup: call.warmup,
    freeze: frozen(call.freeze),
  };
  const observes: { [name: string]: string } = {};
  for (const metric of call.metrics) if (!decides(metric)) observes[metric.kind] = JSON.stringify(metric);
  if (validation !== null && !validationDecides) observes['validation'] = validation;
  return { key: JSON.stringify({ ...series, epochs: call.epochs }), series: JSON.stringify(series), observes };
}

export function spellAsking(script: Script, call: AskingCall, at: At): Spelled {
  return {
    key: JSON.stringify({ kind: call.kind, at: at.state, ...askedOf(script, call) }),
    series: null,
    observes: {},
  };
}

function askedOf(script: Script, call: AskingCall): object {
  switch (call.kind) {
    case 'evaluate': {
      const { batchSize, loss, metrics } = call;
      return {
        data: content(script, call.data),
        batchSize,
        metrics: sorted(metrics),
        loss: loss === undefined ? 'as set up' : loss,
      };
    }
    case 'predict':
      return {
        data: typeof call.data === 'string' ? content(script, call.data) : call.data,
        batchSize: call.batchSize,
      };
    case 'findLr': {
      const { steps, maxLr, batchSize, optimizer } = call;
      return {
        data: content(script, call.data),
        steps,
        maxLr,
        batchSize,
        optimizer: (optimizer ?? null) satisfies OptimizerSpec | null,
        freeze: frozen(call.freeze),
      };
    }
    case 'cached': {
      const { name, fn, times, plus } = call;
      return { name, fn, times, plus, ...(fn === 'score' ? { data: content(script, call.data) } : {}) };
    }
  }
}

function content(script: Script, slot: Slot): string {
  const meant = (spec: DataSpec): object => {
    if (spec.kind === 'line') return spec;
    const { of, ...rest } = spec;
    const also = spec.kind === 'concat' ? { also: meant(spec.also) } : {};
    return { ...rest, style: 0, of: meant(of), ...also };
  };
  return JSON.stringify(meant(script.data[slot]));
}

function sorted(metrics: readonly MetricSpec[]): readonly string[] {
  return metrics.map((metric) => JSON.stringify(metric)).sort();
}

function frozen(patterns: readonly string[]): readonly string[] {
  const tests = patterns.map((pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`));
  return parameterNames.filter((name) => tests.some((test) => test.test(name)));
}

/** The checkpoints that a script's blocks make. */
export function checkpointsOf(script: Script): readonly string[] {
  const blocks = script.statements.flatMap(expand).filter((statement) => statement.kind === 'block');
  return [...new Set(blocks.map(({ id }) => id))];
}
