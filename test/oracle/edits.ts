import { blockIds, freezes, type Generator, ids } from './generate.js';
import { sane } from './sane.js';
import { slots } from './script.js';
import type { BlockStatement, Call, DataSpec, Script, SetupCall, Statement, TrainCall } from './script.js';

/** A change of a script, by the name that reports call it; null where it doesn't apply. */
type Edit = (make: Generator, script: Script) => Script | null;

/** Changes a script as a person would. Returns the edited script and what was done. */
export function edited(make: Generator, script: Script): { readonly script: Script; readonly name: string } {
  for (let tries = 0; tries < 40; tries++) {
    const [name, edit] = make.random.weighted(edits);
    const changed = edit(make, script);
    const sound = changed && repaired(changed);
    const next = sound && make.random.chance(0.9) ? sane(sound) : sound;
    if (next !== null && next.statements.length > 0 && JSON.stringify(next) !== JSON.stringify(script))
      return { script: next, name };
  }
  return { script, name: 'nothing' };
}

const edits: readonly (readonly [number, readonly [string, Edit]])[] = [
  [8, ['an argument of a train', (make, script) => onCall(make, script, 'train', (call) => trainEdit(make, call))]],
  [
    6,
    [
      'epochs',
      (make, script) =>
        onCall(make, script, 'train', (call) => ({ ...call, epochs: make.random.other([1, 2, 3, 4, 5], call.epochs) })),
    ],
  ],
  [
    4,
    [
      'an observing metric',
      (make, script) => onCall(make, script, 'train', (call) => ({ ...call, metrics: toggled(make, call) })),
    ],
  ],
  [3, ['a key', (make, script) => keyEdit(make, script)]],
  [3, ["a metric's constant", (make, script) => onCall(make, script, 'train', otherMargin)]],
  [
    2,
    [
      'a scheduler removed or inherited',
      (make, script) => onCall(make, script, 'setup', (call) => schedulerEdit(make, call)),
    ],
  ],
  [4, ['a setup', (make, script) => onCall(make, script, 'setup', (call) => setupEdit(make, call))]],
  [
    3,
    [
      'an argument of an evaluate',
      (make, script) => onCall(make, script, 'evaluate', (call) => oneOf(make, call, make.evaluate())),
    ],
  ],
  [
    2,
    [
      'an argument of a predict',
      (make, script) => onCall(make, script, 'predict', (call) => oneOf(make, call, make.predict())),
    ],
  ],
  [
    2,
    [
      'an argument of a findLr',
      (make, script) => onCall(make, script, 'findLr', (call) => oneOf(make, call, make.findLr())),
    ],
  ],
  [
    2,
    [
      'an argument of a cached',
      (make, script) => onCall(make, script, 'cached', (call) => oneOf(make, call, make.cached())),
    ],
  ],
  [
    2,
    [
      'progress',
      (make, script) =>
        onCall(make, script, 'train', (call) => ({
          ...call,
          progress: call.progress === 'lines' ? 'silent' : 'lines',
        })),
    ],
  ],
  [2, ['a description', (_, script) => ({ ...script, description: `${script.description}!` })]],
  [
    2,
    [
      'a description of a block',
      (make, script) => onBlock(make, script, (block) => ({ ...block, description: `${block.description}!` })),
    ],
  ],
  [1, ['an hparam that only observes', (_, script) => ({ ...script, note: `${script.note}x` })]],
  [1, ['the width of the net', (make, script) => ({ ...script, width: make.random.other([2, 3, 4], script.width) })]],
  [1, ['the seed', (make, script) => ({ ...script, seed: make.random.other([0, 1, 2], script.seed) })]],
  [
    1,
    [
      'the name of the model',
      (make, script) => ({ ...script, model: make.random.other(['m', 'n', 'o'], script.model) }),
    ],
  ],
  [
    1,
    ['an initial weight', (make, script) => ({ ...script, bias: make.random.other([null, 0.5, -0.5], script.bias) })],
  ],
  [4, ['data', dataEdit]],
  [4, ['a statement inserted', insertStatement]],
  [
    3,
    [
      'a statement removed',
      (make, script) => ({
        ...script,
        statements: without(script.statements, make.random.below(script.statements.length)),
      }),
    ],
  ],
  [2, ['two statements swapped', (make, script) => withStatements(script, swapped(make, script.statements))]],
  [
    2,
    [
      'a statement said twice',
      (make, script) => {
        const { random } = make;
        const statement = random.pick(script.statements);
        return withStatements(
          script,
          inserted(script.statements, random.below(script.statements.length + 1), copied(make, statement)),
        );
      },
    ],
  ],
  [2, ['cells run again', cellsAgain]],
  [4, ['a call inserted', (make, script) => onBlock(make, script, (block) => insertCall(make, block))]],
  [
    3,
    [
      'a call removed',
      (make, script) =>
        onBlock(make, script, (block) => ({
          ...block,
          calls: without(block.calls, make.random.below(block.calls.length)),
        })),
    ],
  ],
  [
    2,
    [
      'two calls swapped',
      (make, script) => onBlock(make, script, (block) => ({ ...block, calls: swapped(make, block.calls) })),
    ],
  ],
  [
    2,
    [
      'a call said twice',
      (make, script) =>
        onBlock(make, script, (block) => {
          const call = make.random.pick(block.calls);
          return call.kind === 'setup'
            ? block
            : {
                ...block,
                calls: inserted(block.calls, make.random.below(block.calls.length + 1), { ...call, uid: make.uid() }),
              };
        }),
    ],
  ],
  [3, ['a checkpoint renamed', rename]],
  [
    2,
    [
      'the parent of a block',
      (make, script) =>
        onBlock(make, script, (block) => {
          const { from, ...rest } = block;
          const known = blockIds(
            script.statements.slice(
              0,
              script.statements.findIndex(({ uid }) => uid === block.uid),
            ),
          );
          return from === undefined || make.random.chance(0.5)
            ? { ...rest, from: make.random.pick([null, ...known]) }
            : rest;
        }),
    ],
  ],
];

/** The call with one argument as another has it. */
function oneOf<C extends Call>(make: Generator, call: C, other: C): C {
  const names = Object.keys({ ...call, ...other }).filter((name) => name !== 'uid' && name !== 'kind');
  const differing = names.filter(
    (name) => JSON.stringify(call[name as keyof C]) !== JSON.stringify(other[name as keyof C]),
  );
  if (differing.length === 0) return call;
  const name = make.random.pick(differing);
  const { [name as keyof C]: _, ...rest } = call;
  return (name in other ? { ...call, [name]: other[name as keyof C] } : rest) as C;
}

function trainEdit(make: Generator, call: TrainCall): TrainCall {
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

function toggled(make: Generator, call: TrainCall): TrainCall['metrics'] {
  const metric = make.metric();
  const others = call.metrics.filter(({ kind }) => kind !== metric.kind);
  if (others.length === call.metrics.length) return [...call.metrics, metric];
  return metric.kind === call.watch ? call.metrics : others;
}

function setupEdit(make: Generator, call: SetupCall): SetupCall {
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

/** Gives a call a name, or takes it away. */
function keyEdit(make: Generator, script: Script): Script | null {
  const kind = make.random.pick(['train', 'train', 'evaluate', 'predict', 'findLr'] as const);
  return onCall(make, script, kind, (call): Call => {
    const { key, ...rest } = call;
    return key === undefined || make.random.chance(0.3) ? { ...rest, key: make.random.pick(['k', 'l', 'm']) } : rest;
  });
}

/** `null` removes a scheduler, leaving it out keeps that of the parent. */
function schedulerEdit(make: Generator, call: SetupCall): SetupCall {
  const component = make.random.pick(['epochScheduler', 'stepScheduler'] as const);
  const { [component]: given, ...rest } = call;
  return given === undefined ? { ...rest, [component]: null } : rest;
}

function otherMargin(call: TrainCall): TrainCall {
  const metrics = call.metrics.map((metric) =>
    metric.kind === 'far' ? { ...metric, margin: metric.margin === 0.2 ? 0.5 : 0.2 } : metric,
  );
  return { ...call, metrics };
}

function dataEdit(make: Generator, script: Script): Script {
  const { random } = make;
  const slot = random.pick(slots);
  const change = (spec: DataSpec): DataSpec => {
    if (spec.kind !== 'line' && random.chance(0.4)) return { ...spec, of: change(spec.of) };
    switch (spec.kind) {
      case 'line':
        return random.chance(0.5) ? { ...spec, shift: random.other([0, 0.5, 1], spec.shift) } : make.line();
      case 'map':
        if (random.chance(0.4)) return { ...spec, style: 1 - spec.style };
        return random.chance(0.5)
          ? { ...spec, by: random.other([0.1, 0.5, 0.7], spec.by) }
          : { ...spec, fn: random.pick(['scale', 'jitter', 'index']) };
      case 'concat':
        return { ...spec, also: change(spec.also) };
      case 'subset':
        return { ...spec, end: random.other([4, 5, 6], spec.end) };
      case 'split':
        return random.chance(0.5) ? { ...spec, seed: 1 - spec.seed } : { ...spec, part: spec.part === 0 ? 1 : 0 };
    }
  };
  const spec = random.chance(0.3) ? make.data(2) : change(script.data[slot]);
  return { ...script, data: { ...script.data, [slot]: spec } };
}

function insertStatement(make: Generator, script: Script): Script {
  const at = make.random.below(script.statements.length + 1);
  return withStatements(
    script,
    inserted(script.statements, at, make.statement(blockIds(script.statements.slice(0, at)))),
  );
}

function insertCall(make: Generator, block: BlockStatement): BlockStatement {
  const { random } = make;
  const kind = random.weighted([
    [4, 'asking'],
    [3, 'train'],
    [1, 'setup'],
  ] as const);
  if (kind === 'setup')
    return block.calls.some((call) => call.kind === kind) ? block : { ...block, calls: [make.setup(), ...block.calls] };
  const call = kind === 'train' ? make.train() : make.asking();
  return { ...block, calls: inserted(block.calls, random.below(block.calls.length + 1), call) };
}

/** Some cells of a notebook, run once more at its end after one of them was edited. */
function cellsAgain(make: Generator, script: Script): Script {
  const { random } = make;
  const from = random.below(script.statements.length);
  const cells = script.statements.slice(from, from + 3).map((statement) => copied(make, statement));
  const [first, ...others] = cells;
  if (first === undefined) return script;
  const edit = (call: Call): Call => {
    if (call.kind === 'train') return trainEdit(make, call);
    return call.kind === 'setup' ? setupEdit(make, call) : call;
  };
  return withStatements(script, [
    ...script.statements,
    random.chance(0.8) ? changedCalls(first, edit) : first,
    ...others,
  ]);
}

function rename(make: Generator, script: Script): Script | null {
  const { random } = make;
  const known = script.statements.flatMap((statement) => (statement.kind === 'block' ? [statement.id] : []));
  if (known.length === 0) return null;
  const old = random.pick(known);
  const name = random.other([...ids, 'renamed'], old);
  const named = (id: string): string => (id === old ? name : id);
  const statements = script.statements.map((statement): Statement => {
    switch (statement.kind) {
      case 'block':
        return {
          ...statement,
          id: named(statement.id),
          ...(typeof statement.from === 'string' ? { from: named(statement.from) } : {}),
        };
      case 'sweep':
        return statement.from === null ? statement : { ...statement, from: named(statement.from) };
      case 'handle':
      case 'load':
      case 'tag':
        return { ...statement, id: named(statement.id) };
      case 'unrecorded':
        return statement;
    }
  });
  return withStatements(script, statements);
}

/** The same statement with ids of its own, so that a later edit changes one of the two. */
function copied(make: Generator, statement: Statement): Statement {
  const copy = { ...statement, uid: make.uid() };
  return changedCalls(copy, (call) => ({ ...call, uid: make.uid() }));
}

/** Changes one call of a kind, wherever it stands. */
function onCall<K extends Call['kind']>(
  make: Generator,
  script: Script,
  kind: K,
  change: (call: Extract<Call, { kind: K }>) => Call,
): Script | null {
  const calls = script.statements.flatMap(callsOf).filter((call) => call.kind === kind);
  if (calls.length === 0) return null;
  const { uid } = make.random.pick(calls);
  return withCalls(script, (call) => (call.uid === uid ? change(call as Extract<Call, { kind: K }>) : call));
}

function callsOf(statement: Statement): readonly Call[] {
  switch (statement.kind) {
    case 'block':
      return statement.calls;
    case 'sweep':
      return [statement.train, statement.evaluate];
    case 'handle':
    case 'unrecorded':
      return [statement.call];
    case 'load':
    case 'tag':
      return [];
  }
}

function withCalls(script: Script, change: (call: Call) => Call): Script {
  return withStatements(
    script,
    script.statements.map((statement) => changedCalls(statement, change)),
  );
}

function changedCalls(statement: Statement, change: (call: Call) => Call): Statement {
  switch (statement.kind) {
    case 'block':
      return { ...statement, calls: statement.calls.map(change) };
    case 'sweep':
      return {
        ...statement,
        train: change(statement.train) as TrainCall,
        evaluate: change(statement.evaluate) as typeof statement.evaluate,
      };
    case 'handle':
    case 'unrecorded':
      return { ...statement, call: change(statement.call) } as Statement;
    case 'load':
    case 'tag':
      return statement;
  }
}

function onBlock(make: Generator, script: Script, change: (block: BlockStatement) => BlockStatement): Script | null {
  const blocks = script.statements.filter((statement) => statement.kind === 'block' && statement.calls.length > 0);
  if (blocks.length === 0) return null;
  const { uid } = make.random.pick(blocks);
  return withStatements(
    script,
    script.statements.map((statement) =>
      statement.uid === uid && statement.kind === 'block' ? change(statement) : statement,
    ),
  );
}

/**
 * Leaves out what names a checkpoint that the script hasn't made by then: on a store that has it from an earlier run such a statement
 * works, so there is nothing to compare it with. For the same reason blocks that make no state have ids of their own.
 */
export function repaired(script: Script): Script {
  const statements: Statement[] = [];
  for (const statement of script.statements) {
    const known = blockIds(statements);
    const made = (id: string): string | undefined => [id, looking(id), acting(id)].find((each) => known.includes(each));
    switch (statement.kind) {
      case 'handle':
      case 'load':
      case 'tag': {
        const id = made(statement.id);
        if (id !== undefined) statements.push({ ...statement, id });
        break;
      }
      case 'block': {
        const { id, calls, from } = statement;
        const acts = calls.some(({ kind }) => kind === 'train' || kind === 'setup');
        const parent = typeof from === 'string' ? made(from) : from;
        if (calls.length === 0 || (typeof from === 'string' && parent === undefined)) break;
        const own = acts ? acting(id) : looking(id);
        statements.push({ ...statement, id: own, ...(parent === undefined ? {} : { from: parent }) });
        break;
      }
      case 'sweep': {
        const from = statement.from === null ? null : made(statement.from);
        if (from !== undefined) statements.push({ ...statement, from });
        break;
      }
      case 'unrecorded':
        statements.push(statement);
    }
  }
  return { ...script, statements };
}

const mark = 'looks:';
const acting = (id: string): string => (id.startsWith(mark) ? id.slice(mark.length) : id);
const looking = (id: string): string => (id.startsWith(mark) ? id : mark + id);

function withStatements(script: Script, statements: readonly Statement[]): Script {
  return { ...script, statements };
}

function inserted<T>(list: readonly T[], at: number, value: T): readonly T[] {
  return [...list.slice(0, at), value, ...list.slice(at)];
}

function without<T>(list: readonly T[], at: number): readonly T[] {
  return list.filter((_, i) => i !== at);
}

function swapped<T>(make: Generator, list: readonly T[]): readonly T[] {
  if (list.length < 2) return list;
  const at = make.random.below(list.length - 1);
  return [...list.slice(0, at), list[at + 1] as T, list[at] as T, ...list.slice(at + 2)];
}
