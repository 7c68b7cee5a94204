import { contentUnchanged } from '../data/fingerprint.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { LoadedNet } from '../ports/engine.js';
import type { Place, Snapshot, StateRow } from '../ports/op-log.js';
import type { Ran, Saved } from '../replay/call.js';
import type { LoggerRun } from '../loggers/logger.js';
import type { OpContext } from '../training/context.js';
import type { Host } from '../ports/host.js';
import type { Store } from '../ports/store.js';
import type { Head } from '../replay/chain.js';
import type { Extending } from '../replay/extend.js';
import { putManifest, readManifest, rowOf } from '../state/capture.js';
import { type Manifest, wentBack, withoutCallbackStates } from '../state/manifest.js';
import type { FunctionRegistry } from '../state/stored-recipe.js';
import type { TrainingState } from '../state/training-state.js';
import { linesOf } from '../training/progress/epoch-lines.js';
import { outcomeOf, watchOver } from '../training/outcome.js';
import type { StateDigest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import type { Data } from './call-options.js';
import type { LiveNet } from './live-net.js';
import type { TrainRequest, Request } from './request.js';
import { isUnreadable, unreadableSaid } from '../state/unreadable.js';
import { goneOnSaid, goneSaid, reachedSaid, storedSaid } from './said.js';
import { storedProgress } from './stored-progress.js';
import { type Begun, progressOf, TrainCourse } from './train-course.js';

/** What an opened model gives to the calls that it carries out. */
export interface Workshop {
  readonly store: Store;
  readonly host: Host;
  readonly live: LiveNet;
  readonly functions: FunctionRegistry;
  print(line: string): void;
  /** A train, as loggers know it. */
  run(place: Place): LoggerRun;
  /** What a call writes files of its own with. */
  writing(): Pick<OpContext, 'files' | 'owns' | 'portable'>;
  /** Brings the state of a head into the engine; one that can't be read is computed again. */
  at(head: Head): Promise<{ readonly net: LoadedNet; readonly training: TrainingState }>;
  /** Something to say at the end of the script. */
  note(what: string): void;
  noteLacks(lacks: readonly string[], of: { readonly place: Place; readonly cost: number }): void;
  /** @throws DataError where arrays were written to since they were hashed */
  requireUnchanged(data: Data): void;
}

/** A call that is to be carried out. */
export interface Execution {
  readonly runtime: Workshop;
  readonly request: Request;
  readonly place: Place;
  readonly head: Head;
  /** Of a train. */
  readonly extending: Extending | undefined;
  /** What it is called by when it speaks. */
  readonly title: string;
  readonly signal: AbortSignal;
  /** The fencing token of the lease that it runs under. */
  readonly lease: number | undefined;
}

/**
 * Runs a call on its state, or, where it is a train, from the first of these snapshots that can be read. Its lines are printed as they come.
 * @throws whatever the call throws: a train has then stored where it had come to.
 */
export async function execute(execution: Execution, candidates: readonly Snapshot[]): Promise<Ran> {
  const { runtime, request, head, title, signal, place, extending, lease } = execution;
  const { host, live, store } = runtime;
  const begun = host.elapsed();
  if (extending === undefined || request.extending === undefined) {
    const { net, training } = await runtime.at(head);
    const lines: string[] = [];
    const line = (text: string): void => {
      if (!request.silent) runtime.print(lines.length === 0 ? `${title}\n${text}` : text);
      lines.push(text);
    };
    const { result } = await request.work({ net, host, signal, line, ...runtime.writing() }, training);
    for (const data of request.data) runtime.requireUnchanged(data);
    return {
      result,
      lines,
      cost: host.elapsed() - begun,
      from: null,
      lacks: [],
      components: head.op.components,
      provenance: { ...host.provenance, ...net.provenance, threads: net.threads },
      save: async () => ({ after: null, states: [], snapshots: [] }),
    };
  }

  const { net, training, start } = await begin(execution, request.extending, candidates);
  const { epochs, observations, snapshots } = request.extending;
  const course = new TrainCourse(
    { store, live, clock: host },
    {
      series: extending.series,
      place,
      epochs,
      observations,
      snapshots,
      head,
      lease,
      dataUnchanged: () => request.data.every(contentUnchanged),
      note: (what) => runtime.note(`${title}: ${what}`),
    },
    start,
    candidates.filter(({ kept }) => kept),
  );
  const from = start?.snapshot ?? null;
  // A train shows its progress at once; the others have a title where they have something to say.
  if (!request.silent) runtime.print(from === null ? title : `${title} (${goneOnSaid(from, epochs)})`);
  const lines: string[] = [];
  const line = (text: string): void => {
    if (!request.silent) runtime.print(text);
    lines.push(text);
  };
  await runtime.functions.checkUnchanged();
  live.moves();
  let result: Plain;
  let moved: TrainingState | null;
  try {
    ({ result, moved } = await request.work(
      { net, host, signal, line, run: runtime.run(place), ...runtime.writing() },
      training,
      course,
    ));
  } catch (error) {
    const kept = await course.interrupted();
    if ((kept.epochs > 0 || kept.steps > 0) && !request.silent) {
      runtime.print(`${title} stopped: ${storedSaid(kept, epochs)}, and the same call goes on from there.`);
    }
    throw error;
  }
  for (const data of request.data) runtime.requireUnchanged(data);
  const captured = await live.capture(moved as TrainingState);
  const cost = course.cost;
  const ended = result as unknown as { readonly loaded: 'last' | 'best' };
  return {
    result,
    lines,
    cost,
    from,
    lacks: start?.lacks ?? [],
    components: head.op.components,
    provenance: { ...host.provenance, ...net.provenance, threads: net.threads },
    save: async (): Promise<Saved> => {
      const after = await live.save(captured, true);
      // What callbacks have is kept with the end that can be gone on with, and what they did to the net last is not.
      const same = ended.loaded === 'last' && request.extending?.settings.callbacks.length === 0;
      const of = await course.ended(same ? after : null, cost);
      const committed = (): Promise<void> => course.release([...of.states, after]);
      return { ...of, after, committed };
    },
    refused: async () => {
      await course.interrupted();
    },
  };
}

/** Brings the state into the engine that a train begins from. */
async function begin(
  { runtime, head, title }: Execution,
  request: TrainRequest,
  candidates: readonly Snapshot[],
): Promise<{ readonly net: LoadedNet; readonly training: TrainingState; readonly start: Begun | null }> {
  const { live, store } = runtime;
  for (const snapshot of candidates) {
    try {
      const best = snapshot.best === null ? null : await live.engineStateOf(snapshot.best);
      const at = await live.at(snapshot.state);
      const { progress: recorded, lacks } = request.fit(progressOf(snapshot));
      const progress = storedProgress(recorded, snapshot, candidates);
      const gone = progress.callbacks?.gone?.length ?? 0;
      if (lacks.length > 0) runtime.noteLacks(lacks, snapshot);
      if (gone > 0) runtime.note(`${title}: ${goneSaid(gone)}`);
      return { ...at, start: { snapshot, progress, lacks, best, rows: await rowsOf(snapshot, store.blobs) } };
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      runtime.note(
        `A snapshot after ${reachedSaid(snapshot)} can't be read, so it was not gone on with (${unreadableSaid(error)}).`,
      );
    }
  }
  return { ...(await runtime.at(head)), start: null };
}

/** What a train comes to that ends at this snapshot, without the engine; null where it doesn't end there, or that can't be told without it. */
export async function finish({ runtime, request, head }: Execution, snapshot: Snapshot): Promise<Ran | null> {
  // What callbacks do at the end takes the net.
  if (request.extending === undefined || request.extending.settings.callbacks.length > 0) return null;
  const { blobs } = runtime.store;
  const { settings, epochs } = request.extending;
  const { progress, lacks } = request.extending.fit(progressOf(snapshot));
  const stop = progress.callbacks?.stop ?? null;
  const ended = snapshot.epoch === epochs ? 'epochs' : 'patience';
  const stopped = stop !== null && snapshot.step === 0 && (stop.within || ended === 'patience') ? stop.by : ended;
  if (stopped === 'patience' && watchOver(progress, settings)?.exhausted(snapshot.epoch - 1) !== true) return null;
  const { result, goBack, lines } = outcomeOf(progress, settings, stopped);
  const last = await manifestOf(snapshot.state, blobs);
  const best = goBack && snapshot.best !== null ? await manifestOf(snapshot.best, blobs) : null;
  const end = last && (goBack ? best && wentBack(last, best) : last);
  const after = end && withoutCallbackStates(end);
  if (after === null) return null;
  if (lacks.length > 0) runtime.noteLacks(lacks, snapshot);
  return {
    result: result as unknown as Plain,
    lines: [...linesOf(progress, epochs), ...lines],
    cost: snapshot.cost,
    from: snapshot,
    lacks,
    components: head.op.components,
    provenance: { ...runtime.host.provenance, threads: snapshot.threads },
    save: async () => ({
      after: await putManifest(after, blobs),
      states: [],
      snapshots: [{ ...snapshot, running: false, epochs }],
    }),
  };
}

async function manifestOf(digest: StateDigest, blobs: BlobStore): Promise<Manifest | null> {
  try {
    return await readManifest(digest, blobs);
  } catch (error) {
    if (isUnreadable(error)) return null;
    throw error;
  }
}

async function rowsOf({ state, best }: Snapshot, blobs: BlobStore): Promise<readonly StateRow[]> {
  return Promise.all([state, ...(best === null ? [] : [best])].map((digest) => rowOf(digest, blobs)));
}
