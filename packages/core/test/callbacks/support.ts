import { decodeVerified, encode } from '../../src/codec/index.js';
import {
  type Callback,
  type CallbackContext,
  type EngineState,
  parseTrainOptions,
  type Plain,
  sgd,
  stepLR,
  type TrainingState,
  type TrainResult,
} from '../../src/index.js';
import { train } from '../../src/training/train.js';
import { Held } from '../../src/state/held.js';
import type { Course, CourseProgress, Point } from '../../src/training/course.js';
import { context, linearNet, type LinearNet, snapshot, type TestContext } from '../training/linear-net.js';
import { line, trainingState } from '../training/support.js';

export const xs = [-2, -1, -0.5, 0.5, 1, 1.5, 2];
/** Four steps an epoch, of batches of two. */
const batchSize = 2;
export const stepsAnEpoch = 4;

export interface Given {
  readonly state?: TrainingState;
  readonly validation?: readonly number[] | null;
  readonly course?: Course;
  readonly net?: LinearNet;
  readonly at?: TestContext;
  readonly data?: Parameters<typeof train>[2]['train'];
}

export interface Trained {
  readonly result: TrainResult;
  readonly state: TrainingState;
  readonly net: LinearNet;
  readonly at: TestContext;
}

/** A train on a line, with momentum so that its past counts. */
export async function trained(options: object, given: Given = {}): Promise<Trained> {
  const { validation = [0.25, 1.25, -1.75], net = linearNet() } = given;
  const { at = context(net), data = line(xs), state = freshState() } = given;
  const settings = parseTrainOptions(
    { batchSize, ...options },
    { validation: validation !== null, stream: 'open' in data },
  );
  const both = { train: data, validation: validation && line(validation, 2, 0.5) };
  const { result, state: after } = await train(at, state, both, settings, given.course);
  return { result, state: after, net, at };
}

export function freshState(): TrainingState {
  return trainingState({ optimizer: sgd({ lr: 0.05, momentum: 0.5 }), epochScheduler: stepLR({ stepSize: 2 }) });
}

/** What a train came to, without what clocks say. */
export function ending({ result, state, net }: Pick<Trained, 'result' | 'state' | 'net'>): unknown {
  const history = result.history.map((epoch) => ({ ...epoch, time: 0 }));
  return { result: { ...result, history }, state, end: snapshot(net.capture()) };
}

/** A place to go on from, as a store would keep it: progress and states as bytes, tensors as they were handed out. */
export interface Kept {
  readonly progress: CourseProgress;
  readonly engine: EngineState;
  readonly training: TrainingState;
  readonly best: EngineState | null;
}

export interface Keeping {
  readonly course: Course;
  readonly points: readonly Kept[];
  /** Where it ended, or had come to. */
  readonly ended: () => Promise<Kept | undefined>;
}

/** Keeps all places of a train, and where it ends. */
export function keeping(from: Kept | null = null): Keeping {
  const points: Kept[] = [];
  let end: Promise<Kept> | undefined;
  const begun = from && {
    progress: decoded(from.progress),
    best: from.best && { state: null, held: new Held(from.best) },
  };
  return {
    points,
    ended: async () => end,
    course: {
      from: begun,
      due: () => true,
      take: async (point) => {
        points.push(await kept(point));
        point.release();
        return true;
      },
      stepped: () => undefined,
      ends: (point) => {
        end = kept(point);
        return true;
      },
    },
  };
}

function decoded<T>(value: T): T {
  return decodeVerified(encode(value as Plain)) as T;
}

async function kept({ progress, held, training, best }: Point): Promise<Kept> {
  const own = decoded(progress);
  const [engine, chosen] = await Promise.all([held.engine(), best === null ? null : best.held.engine()]);
  return { progress: own, engine, training, best: chosen };
}

/** Goes on from a place, on a net of its own, as another process would. */
export async function goneOn(from: Kept, options: object, given: Given = {}): Promise<Trained> {
  const net = linearNet();
  net.restore(from.engine);
  return trained(options, { ...given, net, state: from.training, course: given.course ?? keeping(from).course });
}

/** A callback that decides, of a class of no other interest. */
export function deciding(hooks: Partial<Callback>, name: string = 'own'): Callback {
  return { name, key: name, ...hooks };
}

/** One that only looks on. */
export function observing(hooks: Partial<Callback>, name: string = 'own'): Callback {
  return { name, key: name, observes: true, ...hooks };
}

/** What a hook can see at the time, to be looked at later. */
export function seen({ epoch, step, lr, loss, scores }: CallbackContext) {
  return { epoch, step, lr, loss, scores: { ...scores } };
}
