import { encode } from '../codec/index.js';
import { RepriseError } from '../errors/base.js';
import { isPlainObject } from '../options/index.js';
import type { Hasher } from '../ports/hasher.js';
import type { FileTexts, TensorFile } from '../ports/tensor-files.js';
import type { Fields } from '../replay/fields.js';
import { encodeManifest, type Manifest, type ManifestWith, mapTensors } from '../state/manifest.js';
import { nameTensor, type StoredTensor } from '../state/tensor-store.js';
import { type Digest, isDigest, type StateDigest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import type { Tensor, Tensors } from '../values/tensor.js';
import { isStateText } from './state-text.js';
import { dataOfText, textOfData } from './texts.js';

/** The version of the layout below. */
const portableVersion = '1';

/** What a portable file says of the model that it comes from. */
export interface PortableModel {
  readonly id: string;
  readonly description: string;
  readonly hparams: Plain;
  readonly seed: number;
  /** The digest of the net's description. */
  readonly net: Digest;
  /** The number of threads that its states were computed with; null where none were. */
  readonly threads: number | null;
  /** What tells people what the net is made of, by path. */
  readonly outline: Fields;
}

/** A state as a file holds it: with the names of tensors of that file. */
interface PortableState {
  readonly digest: StateDigest;
  readonly manifest: ManifestWith<string>;
}

/** What a portable file says, its tensors left alone. */
export interface Portable {
  readonly model: PortableModel;
  /** Null where it holds weights only. */
  readonly state: PortableState | null;
}

/** Tensors and texts of a portable file. */
export interface PortableContent {
  readonly tensors: Tensors;
  readonly texts: FileTexts;
}

/**
 * A state as the content of a file. The net's tensors have their own names, so that any reader of such files finds them; the others come after.
 * @param net all of the net's tensors: those that a seed stands for, too
 * @param load the others
 */
export async function portableContent(
  model: PortableModel,
  digest: StateDigest,
  manifest: Manifest,
  net: Tensors,
  hasher: Hasher,
  load: (stored: StoredTensor, name: string, part: string) => Promise<Tensor>,
): Promise<PortableContent> {
  const tensors = new Map(net);
  const others: Promise<readonly [string, Tensor]>[] = [];
  const names = new Set(net.keys());
  const named = mapTensors(manifest, (stored: StoredTensor, name, part) => {
    if (part === '') return name;
    let free = `${part}/${name}`;
    while (names.has(free)) free = `${free}~`;
    names.add(free);
    others.push(load(stored, name, part).then((tensor) => [free, tensor] as const));
    return free;
  });
  for (const [name, tensor] of await Promise.all(others)) tensors.set(name, tensor);
  return {
    tensors,
    texts: {
      ...modelTexts(model),
      'reprise.tensors': netDigest(net, hasher),
      'reprise.state': textOfData(named as unknown as Plain),
      'reprise.digest': digest,
    },
  };
}

/** A net's weights as the content of a file. */
export function weightsContent(model: PortableModel, net: Tensors, hasher: Hasher): PortableContent {
  return { tensors: net, texts: { ...modelTexts(model), 'reprise.tensors': netDigest(net, hasher) } };
}

function modelTexts({ id, description, hparams, seed, net, threads, outline }: PortableModel): FileTexts {
  return {
    // What some readers ask for: shapes and layouts are PyTorch's.
    format: 'pt',
    reprise: portableVersion,
    'reprise.model': id,
    'reprise.description': textOfData(description),
    'reprise.hparams': textOfData(hparams),
    'reprise.seed': textOfData(seed),
    'reprise.net': net,
    'reprise.threads': textOfData(threads),
    'reprise.outline': textOfData(outline),
  };
}

/**
 * What a file's texts say; null where no reprise wrote it.
 * @throws RepriseError `FORMAT_VERSION` where a later one did, `FILE_FORMAT`
 */
export function readPortable(path: string, texts: FileTexts): Portable | null {
  const { reprise: version } = texts;
  if (version === undefined) return null;
  if (version !== portableVersion) {
    throw new RepriseError(
      'FORMAT_VERSION',
      `${path} is a file of format ${version}; this version of reprise reads format ${portableVersion}. Install a newer reprise.`,
    );
  }
  const text = (name: string): string => {
    const found = texts[`reprise.${name}`];
    if (found === undefined) throw contradicts(path, `it has no text 'reprise.${name}'`);
    return found;
  };
  const data = (name: string): Plain => {
    try {
      return dataOfText(text(name));
    } catch (cause) {
      throw contradicts(path, `its text 'reprise.${name}' can't be read`, cause);
    }
  };
  const [seed, outline, net, description] = [data('seed'), data('outline'), text('net'), data('description')];
  const threads = data('threads');
  if (typeof description !== 'string') throw contradicts(path, 'its description is no text');
  if (!Number.isSafeInteger(seed) || (seed as number) < 0) throw contradicts(path, 'its seed is none');
  if (threads !== null && (!Number.isSafeInteger(threads) || (threads as number) < 1)) {
    throw contradicts(path, 'its number of threads is none');
  }
  if (!isPlainObject(outline) || !isDigest(net)) throw contradicts(path, 'it does not say what net it is of');
  const model = {
    id: text('model'),
    description,
    hparams: data('hparams'),
    seed: seed as number,
    net,
    threads: threads as number | null,
    outline,
  };
  if (texts['reprise.state'] === undefined) return { model, state: null };
  const [manifest, digest] = [data('state'), text('digest')];
  if (!isStateText(manifest) || manifest.net.recipe !== net || !isDigest(digest)) {
    throw contradicts(path, 'what it says of its state is no state of its net');
  }
  return { model, state: { digest: digest as StateDigest, manifest } };
}

/**
 * The state of a file, and its tensors by what its manifest names them.
 * @throws RepriseError `FILE_FORMAT` where its bytes are not those of the state that it says
 */
export function stateInFile(
  path: string,
  { digest, manifest }: PortableState,
  file: TensorFile,
  hasher: Hasher,
): { readonly manifest: Manifest; readonly tensors: readonly Tensor[] } {
  const tensors: Tensor[] = [];
  const rebuilt = mapTensors(manifest, (name): StoredTensor => {
    const tensor = file.tensors.get(name);
    if (tensor === undefined) throw contradicts(path, `it has no tensor '${name}', which its state names`);
    tensors.push(tensor);
    return nameTensor(tensor, (bytes) => hasher.digest(bytes));
  });
  if (hasher.digest(encodeManifest(rebuilt)) !== digest) {
    throw contradicts(path, 'its tensors are not those that were saved: some bytes of it have changed');
  }
  return { manifest: rebuilt, tensors };
}

/**
 * The tensors of the net in a file: all of them, unless it says that some are of other components. One that says their digest is checked for it.
 * @throws RepriseError `FILE_FORMAT`
 */
export function netTensorsIn(path: string, file: TensorFile, hasher: Hasher): Tensors {
  const net = netOf(path, file);
  const digest = file.texts['reprise.tensors'];
  if (digest !== undefined && digest !== netDigest(net, hasher)) throw damaged(path);
  return net;
}

function netOf(path: string, { tensors, texts }: TensorFile): Tensors {
  const state = readPortable(path, texts)?.state ?? null;
  if (state === null) return tensors;
  const others = new Set<string>();
  mapTensors(state.manifest, (name, _, part) => (part === '' ? undefined : others.add(name)));
  return new Map([...tensors].filter(([name]) => !others.has(name)));
}

/** Of a net's tensors, by their names. */
function netDigest(net: Tensors, hasher: Hasher): Digest {
  const named = [...net].map(([name, tensor]) => [name, nameTensor(tensor, (bytes) => hasher.digest(bytes))] as const);
  return hasher.digest(encode(Object.fromEntries(named)));
}

function damaged(path: string): RepriseError {
  return new RepriseError(
    'FILE_FORMAT',
    `${path} is damaged: its weights are not those that were saved, some bytes of it have changed. Write or fetch it again.`,
  );
}

function contradicts(path: string, problem: string, cause?: unknown): RepriseError {
  return new RepriseError(
    'FILE_FORMAT',
    `${path} can't be read as a state: ${problem}. Write or fetch it again; its weights alone may be of use: Model.open(id, engine, { weights: path }).`,
    cause === undefined ? undefined : { cause },
  );
}
