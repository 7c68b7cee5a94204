import { freezes, type Generator } from './generate.js';
import { onCall } from './places.js';
import { slots } from './script.js';
import type { Call, Script, SetupCall, TrainCall } from './script.js';

/** The call with one argument as another has it. */
export function oneOf<C extends Call>(make: Generator, call: C, other: C): C {
  const names = Object.keys({ ...call, ...other }).filter((name) => name !== 'uid' && name !== 'kind');
  const differing = names.filter(
    (name) => JSON.stringify(call[name as keyof C]) !== JSON.stringify(other[name as keyof C]),
  );
  if (differing.length === 0) return call;
  const name = make.random.pick(differing);
  const { [name as keyof C]: _, ...rest } = call;
  return (name in other ? { ...call, [name]: other[name as keyof C] } : rest) as C;
}

/** Changes one argument of a train, or all of them. */
export function trainEdit(make: Generator, call: TrainCall): TrainCall {
  const { random } = make;
  const changes: readonly (() => TrainCall)[] = [
    () => ({ ...call, batchSize: random.other([5, 8, 16], call.batchSize) }),
    () => ({ ...call, shuffle: !call.shuffle }),
    () => ({ ...call, data: random.other(slots, call.data) }),
    () => ({ ...call, validation: random.other([null, ...slots], call.validation) }),
    () => ({ ...call, loadBest: !call.loadBest }),
    () => ({ ...call, patience: random.other([null, 1, 2], call.patience) }),
    () => ({ ...call, warmup: random.other([0, 1, 2], call.warmup) }),
    () => ({ ...call, watch: random.other([null, 'loss', ...call.metrics.map(({ kind }) => kind)], call.watch) }),
    () => ({ ...call, freeze: call.freeze.length > 0 && random.chance(0.5) ? [] : [random.pick(freezes)] }),
    () => ({ ...make.train(), uid: call.uid }),
    // Names nothing: an error that a script may catch.
    () => ({ ...call, freeze: ['no such layer'] }),
  ];
  return fitted(random.pick(changes)());
}

/** Options that go together: what watches needs validation data, warmup needs patience. */
function fitted(call: TrainCall): TrainCall {
  const watched = call.watch === null || call.watch === 'loss' || call.metrics.some(({ kind }) => kind === call.watch);
  const fits = watched ? call : { ...call, watch: null };
  const blind = fits.validation === null ? { ...fits, watch: null, loadBest: false, patience: null } : fits;
  return blind.patience === null ? { ...blind, warmup: 0 } : blind;
}

/** The metrics of a train with one more or one less; what it watches stays. */
export function toggled(make: Generator, call: TrainCall): TrainCall['metrics'] {
  const metric = make.metric();
  const others = call.metrics.filter(({ kind }) => kind !== metric.kind);
  if (others.length === call.metrics.length) return [...call.metrics, metric];
  return metric.kind === call.watch ? call.metrics : others;
}

/** Changes a constant inside a metric's function. */
export function otherMargin(call: TrainCall): TrainCall {
  const metrics = call.metrics.map((metric) =>
    metric.kind === 'far' ? { ...metric, margin: metric.margin === 0.2 ? 0.5 : 0.2 } : metric,
  );
  return { ...call, metrics };
}

/** Gives a setup some components of another. */
export function setupEdit(make: Generator, call: SetupCall): SetupCall {
  const { loss, optimizer, epochScheduler, stepScheduler, ...rest } = call;
  const other = make.setup();
  const keep = <T>(mine: T, theirs: T): T => (make.random.chance(0.7) ? mine : theirs);
  const next = {
    loss: keep(loss, other.loss ?? loss),
    optimizer: keep(optimizer, other.optimizer ?? optimizer),
    epochScheduler: keep(epochScheduler, other.epochScheduler),
    stepScheduler: keep(stepScheduler, other.stepScheduler),
  };
  return {
    ...rest,
    ...(Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)) as Partial<SetupCall>),
  };
}

/** `null` removes a scheduler, leaving it out keeps that of the parent. */
export function schedulerEdit(make: Generator, call: SetupCall): SetupCall {
  const component = make.random.pick(['epochScheduler', 'stepScheduler'] as const);
  const { [component]: given, ...rest } = call;
  return given === undefined ? { ...rest, [component]: null } : rest;
}

/** Gives a call a name, or takes it away. */
export function keyEdit(make: Generator, script: Script): Script | null {
  const kind = make.random.pick(['train', 'train', 'evaluate', 'predict', 'findLr'] as const);
  return onCall(make, script, kind, (call): Call => {
    const { key, ...rest } = call;
    return key === undefined || make.random.chance(0.3) ? { ...rest, key: make.random.pick(['k', 'l', 'm']) } : rest;
  });
}
