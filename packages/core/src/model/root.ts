import { checkOptions, isPlainObject, refuse } from '../options/index.js';
import type { NetDescription } from '../ports/engine.js';
import type { Hasher } from '../ports/hasher.js';
import type { Store } from '../ports/store.js';
import type { TensorFiles } from '../ports/tensor-files.js';
import type { ComponentSummary } from '../replay/chain.js';
import type { Derivation } from '../replay/derive.js';
import type { Fields } from '../replay/fields.js';
import { type Manifest, manifestVersion } from '../state/manifest.js';
import { storeTensor } from '../state/tensor-store.js';
import type { Digest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import { bytesOf, dtypeOf, sizeOf, type Tensor, type TensorData, type Tensors } from '../values/tensor.js';
import { fitWeights } from '../weights/fit.js';
import { loadOp } from '../weights/load-op.js';
import { type LoadWeightsOptions, parseLoadOptions } from '../weights/load-options.js';
import { withWeights } from '../weights/overlay.js';
import { weightsSource } from '../weights/source.js';
import { givenWeights, type Weights } from '../weights/weights.js';
import { hparamsOutline, netOutline } from './net-outline.js';

/** A net that was described, and where it is opened. */
export interface OpenedNet {
  readonly model: string;
  readonly net: NetDescription;
  /** The digest of its description. */
  readonly recipe: Digest;
  readonly hparams: Plain;
  readonly store: Store;
  readonly files: TensorFiles;
  readonly provenance: Derivation['provenance'];
}

/** The initial weights of a model, where they don't all come from its seed. */
export interface InitialWeights {
  readonly weights: string | Weights | undefined;
  readonly load: LoadWeightsOptions | undefined;
}

const where = 'Model.open()';

/**
 * The root of a model that begins with a fresh net.
 * @throws OptionError; WeightsError `WEIGHTS_MISMATCH`; RepriseError `FILE_IO`, `FILE_FORMAT`
 */
export async function freshRoot(opened: OpenedNet, seed: number, initial: InitialWeights): Promise<Derivation> {
  const { net, recipe, store, files } = opened;
  const { weights = {}, load } = initial;
  const fields = { net: recipe, seed };
  const fresh = freshManifest(recipe, seed);
  if (typeof weights === 'string') {
    const settings = parseLoadOptions(`${where} load`, load ?? {});
    const source = await weightsSource(where, 'weights', weights, files, store);
    const also = { fields, observed: () => observedOf(opened) };
    return loadOp(where, source, settings, net, store, async () => fresh, rootOf(opened, nothingSetUp), also);
  }
  const given = load === undefined ? arraysIn(net, weights) : null;
  const tensors = copied(given ?? fittedIn(net, weights, load ?? {}));
  return {
    ...rootOf(opened, nothingSetUp),
    // By name: what some were recorded with before files could be given.
    fields: { ...fields, ...weightFields(tensors, store.hasher) },
    get observed() {
      return observedOf(opened);
    },
    manifest: async () => withWeights(fresh, tensors, store.hasher),
    storeTensors: () => Promise.all([...tensors.values()].map((tensor) => storeTensor(tensor, store.blobs))),
  };
}

const nothingSetUp: Omit<ComponentSummary, 'net' | 'root'> = {
  loss: null,
  optimizer: null,
  epochMonitor: null,
  stepMonitor: null,
};

/** The part of a root that does not depend on where it begins. */
export function rootOf(
  { model, recipe, provenance }: OpenedNet,
  components: Omit<ComponentSummary, 'net' | 'root'>,
): Pick<Derivation, 'place' | 'position' | 'head' | 'components' | 'provenance'> {
  return {
    place: { model, checkpoint: '', lane: 'root', kind: 'open', name: '', occurrence: 0 },
    position: 0,
    head: null,
    components: { net: recipe, root: null, ...components },
    provenance,
  };
}

/** What says, where the net has changed, how. */
export function observedOf({ net, hparams }: OpenedNet): Fields {
  return { ...hparamsOutline(hparams), ...netOutline(net) };
}

function freshManifest(recipe: Digest, seed: number): Manifest {
  return {
    version: manifestVersion,
    net: { recipe, fresh: true, tensors: {} },
    loss: null,
    optimizer: null,
    epochScheduler: null,
    stepScheduler: null,
    loop: { epoch: 0, step: 0 },
    rng: { seed },
  };
}

/** Typed arrays by name, checked against the net; those that are not given come from the seed. Null where something else is given. */
function arraysIn(net: NetDescription, weights: Weights): Tensors | null {
  if (!isPlainObject(weights) || Object.values(weights).some((value) => isPlainObject(value))) return null;
  const specs = new Map(net.parameters.map((spec) => [spec.name, spec]));
  checkOptions(`${where} weights`, weights, [...specs.keys()]);
  return new Map(
    Object.entries(weights as { readonly [name: string]: TensorData }).map(([name, data]) => {
      const { dtype, shape } = specs.get(name) as NetDescription['parameters'][number];
      const expected = `a typed array of ${sizeOf(shape)} ${dtype} numbers, shape [${shape.join(', ')}]`;
      if (!ArrayBuffer.isView(data) || dtypeOf(data) !== dtype || data.length !== sizeOf(shape)) {
        const came = ArrayBuffer.isView(data) ? `${data.length} of ${dtypeOf(data)}` : data;
        refuse(where, `weights['${name}']`, expected, came);
      }
      return [name, { dtype, shape, data }];
    }),
  );
}

function fittedIn({ parameters }: NetDescription, weights: Weights, load: LoadWeightsOptions): Tensors {
  const settings = parseLoadOptions(`${where} load`, load);
  return fitWeights(where, 'weights', givenWeights(where, 'weights', weights), parameters, settings).tensors;
}

/** The caller may go on writing to its own. */
function copied(tensors: Tensors): Tensors {
  return new Map(
    [...tensors].map(([name, tensor]): [string, Tensor] => [name, { ...tensor, data: tensor.data.slice() }]),
  );
}

function weightFields(initial: Tensors, hasher: Hasher): Fields {
  return Object.fromEntries([...initial].map(([name, { data }]) => [`weights.${name}`, hasher.digest(bytesOf(data))]));
}
