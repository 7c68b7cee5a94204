import type { Random } from './random.js';
import { slots } from './script.js';
import type {
  AskingCall,
  BlockStatement,
  Call,
  CachedCall,
  DataSpec,
  EvaluateCall,
  FindLrCall,
  LossSpec,
  MetricSpec,
  OptimizerSpec,
  PredictCall,
  SchedulerSpec,
  Script,
  SetupCall,
  Statement,
  TrainCall,
  WeightsCall,
} from './script.js';

const rates = [0.01, 0.03, 0.1];
export const ids = ['1', '2', '3', 'a', 'b'];
export const freezes = ['hidden.*', 'hidden.w', 'head.*', '*.b'];
const monitors = ['val_loss', 'train_loss', 'val_mae', 'train_mae'];

/** Makes the parts of scripts. Ids of statements and calls grow, and are never used twice in one history. */
export class Generator {
  readonly random: Random;
  #uid = 0;

  constructor(random: Random) {
    this.random = random;
  }

  uid(): number {
    return ++this.#uid;
  }

  script(): Script {
    const { random } = this;
    const first: BlockStatement = { ...this.block([]), id: random.pick(ids.slice(0, 2)) };
    const calls: readonly Call[] = [
      this.fullSetup(),
      this.train(),
      ...first.calls.filter(({ kind }) => kind !== 'setup'),
    ];
    const statements: Statement[] = [
      { kind: 'block', uid: first.uid, id: first.id, description: first.description, calls },
    ];
    const more = random.between(1, 4);
    for (let i = 0; i < more; i++) statements.push(this.statement(blockIds(statements)));
    return {
      model: 'm',
      description: 'a model',
      seed: random.below(3),
      width: random.between(2, 4),
      note: 'x',
      bias: random.chance(0.1) ? 0.5 : null,
      catches: random.chance(0.25),
      data: {
        train: { ...this.line(), samples: random.pick([16, 20, 24]) },
        val: random.chance(0.5) ? this.line() : this.data(2),
        test: this.data(2),
      },
      statements,
    };
  }

  statement(known: readonly string[]): Statement {
    const { random } = this;
    const kind = random.weighted([
      [6, 'block'],
      [4, 'handle'],
      [2, 'load'],
      [1, 'tag'],
      [3, 'unrecorded'],
      [1, 'sweep'],
    ] as const);
    const uid = this.uid();
    const checkpoints = known.filter((id) => !isTag(id));
    if (checkpoints.length === 0 || kind === 'block') return this.block(known);
    switch (kind) {
      case 'handle':
        return { kind, uid, id: random.pick(checkpoints), call: this.asking() };
      case 'load':
        return { kind, uid, id: random.pick(known) };
      case 'tag':
        return { kind, uid, name: random.pick(['p', 'q']), id: random.pick(checkpoints) };
      case 'unrecorded':
        return { kind, uid, call: random.chance(0.7) ? { ...this.train(), epochs: 1 } : this.evaluate() };
      case 'sweep':
        return {
          kind,
          uid,
          prefix: random.pick(['s', 't']),
          from: random.chance(0.4) ? null : random.pick(known),
          lrs: random.chance(0.5) ? [0.01, 0.1] : [0.03, 0.1, 0.02],
          train: {
            ...this.train(),
            validation: null,
            watch: null,
            loadBest: false,
            patience: null,
            warmup: 0,
          },
          evaluate: this.evaluate(),
        };
    }
  }

  block(known: readonly string[]): BlockStatement {
    const { random } = this;
    const calls: Call[] = random.chance(0.55) ? [this.setup()] : [];
    const trains = random.weighted([
      [2, 0],
      [5, 1],
      [2, 2],
    ] as const);
    for (let i = 0; i < trains; i++) {
      if (random.chance(0.2)) calls.push(this.asking());
      if (random.chance(0.12)) calls.push(this.weights());
      calls.push(this.train());
    }
    if (random.chance(0.05)) calls.push(this.weights());
    if (calls.length === 0) calls.push(random.chance(0.5) ? this.asking() : this.train());
    if (random.chance(0.4)) calls.push(this.asking());
    const from =
      random.chance(0.3) && known.length > 0 ? { from: random.chance(0.15) ? null : random.pick(known) } : {};
    return { kind: 'block', uid: this.uid(), id: random.pick(ids), description: '', calls, ...from };
  }

  fullSetup(): SetupCall {
    return { ...this.setup(), loss: this.loss(), optimizer: this.optimizer() };
  }

  setup(): SetupCall {
    const { random } = this;
    const scheduler = (): SchedulerSpec | null => (random.chance(0.2) ? null : this.scheduler());
    return {
      kind: 'setup',
      uid: this.uid(),
      ...(random.chance(0.5) ? { loss: this.loss() } : {}),
      ...(random.chance(0.6) ? { optimizer: this.optimizer() } : {}),
      ...(random.chance(0.4) ? { epochScheduler: scheduler() } : {}),
      ...(random.chance(0.25) ? { stepScheduler: random.chance(0.2) ? null : this.stepScheduler() } : {}),
    };
  }

  weights(): WeightsCall {
    const { random } = this;
    const into = random.pick(['head.b', 'norm.mean'] as const);
    return { kind: 'weights', uid: this.uid(), into, value: random.pick([0, 0.5, -0.5]) };
  }

  train(): TrainCall {
    const { random } = this;
    const validation = random.chance(0.6) ? random.pick(['val', 'test'] as const) : null;
    const metrics = this.metrics();
    const watches = validation !== null && random.chance(0.5);
    const patience = watches && random.chance(0.4) ? random.between(1, 2) : null;
    return {
      kind: 'train',
      uid: this.uid(),
      data: random.weighted([
        [5, 'train'],
        [1, 'test'],
      ] as const),
      validation,
      epochs: random.between(1, 4),
      batchSize: random.pick([8, 8, 8, 5, 32]),
      shuffle: random.chance(0.8),
      metrics,
      watch: watches && random.chance(0.7) ? random.pick(['loss', ...metrics.map(({ kind }) => kind)]) : null,
      loadBest: watches && random.chance(0.6),
      patience,
      warmup: patience !== null && random.chance(0.3) ? 1 : 0,
      freeze: random.chance(0.2) ? [random.pick(freezes)] : [],
      progress: random.pick(['silent', 'lines']),
    };
  }

  asking(): AskingCall {
    return this.random.weighted<() => AskingCall>([
      [4, () => this.evaluate()],
      [2, () => this.predict()],
      [2, () => this.findLr()],
      [2, () => this.cached()],
    ])();
  }

  evaluate(): EvaluateCall {
    const { random } = this;
    const loss = random.weighted<() => { readonly loss?: LossSpec | null }>([
      [5, () => ({})],
      [1, () => ({ loss: null })],
      [1, () => ({ loss: this.loss() })],
    ])();
    const metrics = loss.loss === null ? [this.metric()] : this.metrics();
    const progress = random.pick(['silent', 'lines'] as const);
    return {
      kind: 'evaluate',
      uid: this.uid(),
      data: random.pick(slots),
      metrics,
      batchSize: random.pick([8, 256]),
      ...loss,
      progress,
    };
  }

  predict(): PredictCall {
    const { random } = this;
    const data = random.chance(0.6)
      ? random.pick(slots)
      : random.pick([
          [0.1, 0.2, 0.3],
          [1, -1, 0],
        ]);
    return { kind: 'predict', uid: this.uid(), data, batchSize: random.pick([8, 256]), progress: 'silent' };
  }

  findLr(): FindLrCall {
    const { random } = this;
    return {
      kind: 'findLr',
      uid: this.uid(),
      data: 'train',
      steps: random.pick([5, 8]),
      maxLr: random.pick([1, 10]),
      batchSize: 8,
      ...(random.chance(0.3) ? { optimizer: this.optimizer() } : {}),
      freeze: random.chance(0.2) ? [random.pick(freezes)] : [],
      progress: 'silent',
    };
  }

  cached(): CachedCall {
    const { random } = this;
    return {
      kind: 'cached',
      uid: this.uid(),
      name: random.pick(['x', 'y']),
      fn: random.pick(['score', 'sum'] as const),
      data: random.pick(slots),
      times: random.between(1, 3),
      plus: random.between(0, 2),
      style: random.below(2),
    };
  }

  loss(): LossSpec {
    return this.random.pick<LossSpec>([
      { kind: 'mse' },
      { kind: 'l1' },
      { kind: 'huber', delta: 0.5 },
      { kind: 'huber', delta: 1 },
    ]);
  }

  optimizer(): OptimizerSpec {
    const { random } = this;
    const lr = random.chance(0.01) ? 1e30 : random.pick(rates);
    if (random.chance(0.5)) return { kind: 'adam', lr, weightDecay: random.pick([0, 0.01]) };
    return { kind: 'sgd', lr, momentum: random.pick([0, 0.9]) };
  }

  scheduler(): SchedulerSpec {
    const { random } = this;
    return random.pick<SchedulerSpec>([
      { kind: 'stepLR', stepSize: random.between(1, 3), gamma: 0.5 },
      { kind: 'cosine', tMax: random.between(2, 6) },
      { kind: 'linearWarmup', steps: random.between(1, 3) },
      { kind: 'reduceOnPlateau', monitor: random.pick(monitors), patience: random.below(2) },
      { kind: 'reduceOnPlateau', monitor: random.pick(monitors), patience: 0 },
      { kind: 'lambda', decay: random.pick([0.5, 0.9]), style: random.below(2) },
    ]);
  }

  /** One that sees only the loss of its step, mostly. */
  stepScheduler(): SchedulerSpec {
    const scheduler = this.scheduler();
    if (scheduler.kind !== 'reduceOnPlateau' || this.random.chance(0.1)) return scheduler;
    return { ...scheduler, monitor: 'train_loss' };
  }

  metrics(): readonly MetricSpec[] {
    const all: readonly MetricSpec[] = [{ kind: 'mae' }, { kind: 'mse' }, { kind: 'batches' }, this.far()];
    return all.filter(() => this.random.chance(0.3));
  }

  metric(): MetricSpec {
    return this.random.pick([{ kind: 'mae' }, { kind: 'mse' }, { kind: 'batches' }, this.far()]);
  }

  far(): MetricSpec {
    return { kind: 'far', margin: this.random.pick([0.2, 0.5]) };
  }

  line(): Extract<DataSpec, { kind: 'line' }> {
    const { random } = this;
    return { kind: 'line', samples: random.pick([12, 16]), seed: random.below(4), shift: random.pick([0, 0.5]) };
  }

  data(depth: number): DataSpec {
    const { random } = this;
    if (depth === 0 || random.chance(0.4)) return this.line();
    const of = this.data(depth - 1);
    return random.pick<DataSpec>([
      {
        kind: 'map',
        of,
        fn: random.pick(['scale', 'jitter', 'index']),
        by: random.pick([0.1, 0.5]),
        style: random.below(2),
      },
      { kind: 'concat', of, also: this.line() },
      { kind: 'subset', of, start: random.below(2), end: random.between(4, 6) },
      { kind: 'split', of, fraction: 0.5, seed: random.below(2), part: random.pick([0, 1]) },
    ]);
  }
}

function isTag(id: string): boolean {
  return id.startsWith('tag:');
}

/** The checkpoints and the tags that some statements make. */
export function blockIds(statements: readonly Statement[]): readonly string[] {
  const made = statements.flatMap((statement) => {
    if (statement.kind === 'block') return [statement.id];
    if (statement.kind === 'tag') return [`tag:${statement.name}`];
    return statement.kind === 'sweep' ? statement.lrs.map((lr) => `${statement.prefix}-${lr}`) : [];
  });
  return [...new Set(made)];
}
