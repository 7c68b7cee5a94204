import { encode } from '../codec/index.js';
import type { Place } from '../ports/op-log.js';
import type { Store } from '../ports/store.js';
import { putManifest, readManifest } from '../state/capture.js';
import { encodeManifest, type Manifest } from '../state/manifest.js';
import type { StateDigest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import type { ChainOp, ComponentSummary, Head } from './chain.js';
import { type Fields, fingerprintOf } from './fields.js';
import { componentsOf } from './replay.js';

/** A call whose state after follows without running anything: from recipes (`open`, `setup`), or from tensors that are given (`load`). */
export interface Derivation {
  readonly place: Place;
  readonly position: number;
  /** Null for `open`. */
  readonly head: Head | null;
  readonly fields: Fields;
  /** Asked only where the store doesn't know the call, as is what follows. */
  manifest(): Promise<Manifest>;
  readonly observed: Fields;
  /** Data, once the manifest is made. Default: none. */
  readonly result?: Plain;
  /** The root of an `open` is itself. */
  readonly components: Omit<ComponentSummary, 'root'> & { readonly root: ComponentSummary['root'] | null };
  readonly provenance: { readonly [name: string]: Plain };
  /** Stores tensors that the manifest names; asked when the op is logged. */
  storeTensors?(): Promise<unknown>;
  /** Makes the state before readable, where it isn't. */
  recover?(): Promise<void>;
}

/**
 * Makes the op of a call that the engine is not needed for. It never runs anything and never diverges by itself: what differs shows in its
 * state, and so at the next op that costs something. Where the log lacks it, it is logged with the first op that stands on it.
 */
export async function derive(
  { log, hasher, blobs, upkeep }: Store,
  now: () => number,
  call: Derivation,
): Promise<ChainOp> {
  const { place, position, head, fields, provenance } = call;
  const before = head?.state ?? null;
  const parent = head?.op ?? null;
  const fingerprint = fingerprintOf(hasher, { kind: place.kind, name: place.name, fields, before });
  const components = { ...call.components, root: call.components.root ?? fingerprint };
  const again = async (): Promise<void> => {
    await call.recover?.();
    await call.storeTensors?.();
    await putManifest(await call.manifest(), blobs);
  };
  /** What follows from recipes costs nothing to make again, but nobody has asked for it yet: where it takes more than that, it is left as it is. */
  const mend = async (): Promise<void> => {
    if (before !== null) await readManifest(before, blobs);
    await call.storeTensors?.();
    await putManifest(await call.manifest(), blobs);
  };
  const match = await log.match(place, fingerprint);
  const entry = match?.entry;
  const known = match?.record ?? (await log.record(fingerprint));
  if (known !== undefined) {
    const { stateAfter } = known;
    if (stateAfter !== null && (await upkeep.damagedStates()).has(stateAfter)) await mend().catch(() => undefined);
    const here = entry !== undefined && entry.parent === (parent?.entry ?? null);
    const logged = here ? entry.id : null;
    return { place, position, record: known, components: componentsOf(known), parent, entry: logged, again };
  }
  const manifest = await call.manifest();
  const record = {
    fingerprint,
    kind: place.kind,
    series: null,
    fields,
    summary: { components },
    observed: call.observed,
    stateBefore: before,
    stateAfter: hasher.digest(encodeManifest(manifest)) as StateDigest,
    result: encode(call.result),
    lines: [],
    cost: 0,
    provenance,
    createdAt: now(),
  };
  const publish = async () => {
    await call.storeTensors?.();
    return [...(head?.unlogged ?? []), await putManifest(manifest, blobs)];
  };
  return { place, position, record, components, parent, entry: null, publish, manifest, again };
}
