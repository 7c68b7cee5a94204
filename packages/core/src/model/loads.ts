import { decodeVerified } from '../codec/index.js';
import { checkOptions } from '../options/index.js';
import { type Head, publishChain } from '../replay/chain.js';
import { derive } from '../replay/derive.js';
import { titleOf } from '../replay/place.js';
import { putManifest } from '../state/capture.js';
import { storeTensor } from '../state/tensor-store.js';
import { fitWeights, leftOutSaid, type LoadReport, reportOf } from '../weights/fit.js';
import { loadOp } from '../weights/load-op.js';
import {
  type LoadSettings,
  loadWeightsOptionNames,
  type LoadWeightsOptions,
  parseLoadOptions,
} from '../weights/load-options.js';
import { withWeights } from '../weights/overlay.js';
import { type WeightsSource, weightsSource } from '../weights/source.js';
import type { Lane } from './lane.js';
import type { Runtime } from './runtime.js';

/** The title of a call that loads weights, and what it was given. */
export interface LoadCall {
  readonly where: string;
  /** What the first argument is called. */
  readonly argument: string;
  readonly weights: unknown;
  readonly options: LoadWeightsOptions;
}

/** Loads weights in a block, as a recorded op. Moves the lane. */
export async function loadInBlock(runtime: Runtime, lane: Lane, call: LoadCall): Promise<LoadReport> {
  const { source, settings } = await sourceOf(runtime, call);
  const { store, host, states, description } = runtime;
  const { head } = lane;
  const { place, position } = lane.next('load', '');
  const before = (): ReturnType<typeof states.manifestOf> => states.manifestOf(head);
  const at = {
    place,
    position,
    head,
    components: head.op.components,
    provenance: host.provenance,
    recover: () => states.recover(head),
  };
  const op = await derive(
    store,
    () => host.now(),
    loadOp(call.where, source, settings, description, store, before, at),
  );
  lane.derived(op);
  const report = reportOf(decodeVerified(op.record.result)) as LoadReport;
  say(runtime, `[${lane.checkpoint}] ${titleOf(place)}`, report);
  return report;
}

/** Loads weights into the state of a head, unrecorded: what comes of it is stored, and the log doesn't know it yet. */
export async function loadUnrecorded(
  runtime: Runtime,
  at: () => Promise<Head>,
  call: LoadCall,
): Promise<{ readonly head: Head; readonly report: LoadReport }> {
  const { source, settings } = await sourceOf(runtime, call);
  const { store, states, description } = runtime;
  const { blobs, hasher } = store;
  const { tensors, report } = fitWeights(
    call.where,
    source.said,
    await source.given(),
    description.parameters,
    settings,
  );
  const own = source.own(tensors);
  const head = await at();
  await publishChain(head.op);
  const manifest = withWeights(await states.manifestOf(head), own, hasher);
  await Promise.all([...own.values()].map((tensor) => storeTensor(tensor, blobs)));
  const row = await putManifest(manifest, blobs);
  // Nothing in the log names it: what it has of the state before must not be collected until something does.
  await blobs.pin(row.blobs);
  say(runtime, call.where, report);
  return { head: { op: head.op, state: row.digest, unlogged: [...head.unlogged, row] }, report };
}

async function sourceOf(
  { tensorFiles, store }: Runtime,
  { where, argument, weights, options }: LoadCall,
): Promise<{ readonly source: WeightsSource; readonly settings: LoadSettings }> {
  checkOptions(where, options, loadWeightsOptionNames);
  const settings = parseLoadOptions(where, options);
  return { source: await weightsSource(where, argument, weights, tensorFiles, store), settings };
}

function say(runtime: Runtime, what: string, report: LoadReport): void {
  const left = leftOutSaid(report);
  if (left !== null) runtime.note(`${what}: ${left}.`);
}
