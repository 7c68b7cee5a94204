import type { Monitors } from '../components/schedule.js';
import { RepriseError } from '../errors/base.js';
import { OptionError } from '../errors/option-error.js';
import { checkOptions } from '../options/check-options.js';
import { string } from '../options/validators.js';
import type { Tensors } from '../values/tensor.js';
import { onlyReads } from './stateful.js';
import type { LoadedNet } from '../ports/engine.js';
import { type Callback, decides, monitorsOfCallback } from './callback.js';
import type { CallbackContext, LogOptions, SaveRequest } from './context.js';
import type { HookName } from './hooks.js';
import type { Logged } from './logged.js';
import { withParameters } from './parameters.js';
import type { Whereabouts } from './progress.js';

/** What contexts see of a train, and what they do to it. */
export interface Conduct {
  readonly net: LoadedNet;
  readonly signal: AbortSignal;
  readonly at: Whereabouts;
  readonly logged: Logged;
  readonly trainable: ReadonlySet<string>;
  /** Names of the optimizer's groups. */
  readonly groups: readonly string[];
  /** The hook that is being called, or was last. */
  hook(): HookName;
  /** Whether a hook of this callback is being called. */
  isActive(callback: Callback): boolean;
  /** Steps of the epoch under way. */
  inEpoch(): number;
  trained(): number;
  better(monitor: string): 'min' | 'max';
  /** Whether it was logged by a callback that only observes: what decides must not look at it. */
  isObserved(key: string): boolean;
  stop(why: string): void;
  save(by: Callback, request: SaveRequest): void;
  line(by: Callback, text: string): void;
  /** The net has other parameters now. */
  moved(): void;
}

const stepHooks: ReadonlySet<HookName> = new Set(['onStepStart', 'onStepEnd']);
/** When these are called is no part of what identifies a train: they must leave it as it is. */
const asideHooks: ReadonlySet<HookName> = new Set(['onSaveCheckpoint', 'onLoadCheckpoint', 'onRestore', 'onException']);

/** Behind these, a place is taken that training can be gone on with from. */
const takingHooks: readonly HookName[] = ['onStepEnd', 'onEpochEnd'];

/** Whether a hook is called within an epoch, between its steps. */
export function isOfSteps(hook: HookName): boolean {
  return stepHooks.has(hook);
}

/** Whether a hook is no part of what training comes to. */
export function isAside(hook: HookName): boolean {
  return asideHooks.has(hook);
}

/** All names of scores and logged quantities, by context: for what is said of an error, and for nothing that training depends on. */
const names = new WeakMap<CallbackContext, () => readonly string[]>();

export function allNames(ctx: CallbackContext): readonly string[] {
  return names.get(ctx)?.() ?? ctx.known();
}

/** What the hooks of one callback are given. */
export function contextOf(each: Callback, conduct: Conduct): CallbackContext {
  const { at, net, logged } = conduct;
  const within = (): boolean => isOfSteps(conduct.hook());
  const inHook = (what: string): void => {
    if (!conduct.isActive(each)) throw late(each.name, what);
  };
  const inTrain = (what: string): void => {
    inHook(what);
    if (isAside(conduct.hook())) throw aside(each.name, what, conduct.hook());
  };
  const deciding = (what: string): void => {
    inTrain(what);
    if (!decides(each)) throw observesOnly(each.name, what);
  };
  const ctx: CallbackContext = {
    get epoch() {
      return at.epoch;
    },
    get step() {
      return at.step;
    },
    get lr() {
      return at.lr;
    },
    get rates() {
      return Object.fromEntries(conduct.groups.map((name, i) => [name, at.rates[i] ?? Number.NaN]));
    },
    get loss() {
      return at.loss;
    },
    get batch() {
      return at.batch === null || onlyReads(each) ? at.batch : copies(at.batch);
    },
    get scores() {
      return shownTo(each, at.scores, conduct);
    },
    known: () => logged.names().filter((name) => isShown(each, name, conduct)),
    better: (monitor: string) => conduct.better(monitor),
    signal: conduct.signal,
    log: (key: string, value: number, options: LogOptions = {}) => {
      inTrain('log');
      if (each.presents === true) throw presentsOnly(each.name);
      if (key === 'lr' && each.identity?.kind !== 'lrMonitor') throw rateKey(each.name);
      checkOptions(`callback '${each.name}' log()`, options, ['per']);
      const { per = within() ? 'step' : 'epoch' } = options;
      logged.log(each.name, key, value, per, at);
      const hook = conduct.hook();
      if (hook === 'onEpochEnd' || hook === 'onValidationEnd') at.scores = { ...at.scores, ...logged.means() };
    },
    stop: (why: string) => {
      deciding('stop');
      string(`callback '${each.name}' stop()`, 'the reason', why);
      conduct.stop(`${each.name}: ${why}`);
    },
    parameters: () => {
      inHook('parameters');
      const tensors = net.peek?.() ?? net.capture().net;
      return onlyReads(each) ? tensors : copies(tensors);
    },
    trainable: () => conduct.trainable,
    trained: () => conduct.trained(),
    position: () => (within() ? { epochs: at.epoch, steps: conduct.inEpoch() } : { epochs: at.epoch + 1, steps: 0 }),
    save: (request: SaveRequest) => {
      if (!takingHooks.includes(conduct.hook())) throw notTaken(each.name, conduct.hook());
      conduct.save(each, request);
    },
    setParameters: (tensors) => {
      deciding('setParameters');
      const state = net.capture();
      net.restore({ ...state, net: withParameters(state.net, tensors, `callback '${each.name}'`) });
      conduct.moved();
    },
    line: (text: string) => {
      inHook('line');
      conduct.line(each, text);
    },
  };
  names.set(ctx, () => logged.names());
  return ctx;
}

/** The scores that a callback looks at, which decide with it; all where it only looks on. */
/** The engine's memory, and the loader's, is shown to nobody who might write to it: that would change training, and what was captured of it. */
function copies(tensors: Tensors): Tensors {
  return new Map([...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));
}

function shownTo(each: Callback, scores: Monitors, conduct: Conduct): Monitors {
  return Object.fromEntries(Object.entries(scores).filter(([name]) => isShown(each, name, conduct)));
}

function isShown(each: Callback, name: string, conduct: Conduct): boolean {
  if (!decides(each)) return true;
  const monitors = monitorsOfCallback(each);
  return (monitors === 'all' || monitors.includes(name)) && !conduct.isObserved(name);
}

function late(callback: string, what: string): RepriseError {
  return new RepriseError(
    'OP_IN_FLIGHT',
    `ctx.${what}() of the callback '${callback}' was called after its hook had ended: training has gone on since then. Put \`await\` before what the hook waits for, or return it.`,
  );
}

function rateKey(callback: string): OptionError {
  const where = `callback '${callback}' log()`;
  return new OptionError(
    'INVALID_OPTION',
    `${where}: 'lr' is the learning rate, which lrMonitor() logs. Take another key.`,
    {
      where,
      option: 'key',
    },
  );
}

function aside(callback: string, what: string, hook: HookName): RepriseError {
  return new RepriseError(
    'REFUSED',
    `The callback '${callback}' called ctx.${what}() in ${hook}, which has to leave training as it is: when it is called depends on snapshots and on where ` +
      'training was interrupted. Call it at the end of a step or of an epoch.',
  );
}

function notTaken(callback: string, hook: HookName): RepriseError {
  return new RepriseError(
    'REFUSED',
    `The callback '${callback}' called ctx.save() in ${hook}, where training can't be gone on with. Call it in ${takingHooks.join(' or ')}.`,
  );
}

function observesOnly(callback: string, what: string): RepriseError {
  return new RepriseError(
    'REFUSED',
    `The callback '${callback}' called ctx.${what}() and says that it only observes. Leave \`observes\` out: what changes training is a part of what identifies it.`,
  );
}

function presentsOnly(callback: string): RepriseError {
  return new RepriseError(
    'REFUSED',
    `The callback '${callback}' called ctx.log() and says that it only presents, which leaves nothing in results. Say \`observes: true\` instead of \`presents\`.`,
  );
}
