import { boolean, checkOptions, isPlainObject, refuse, string } from '../options/index.js';
import type { Engine } from '../ports/engine.js';
import type { Plain } from '../values/plain.js';
import { readPortable } from '../weights/portable.js';
import { noTensorFiles } from '../weights/source.js';
import { fileRoot } from './file-root.js';
import { nameOf } from './ids.js';
import type { Model } from './model.js';
import { portableIn } from './state-file.js';
import { checkOpen, openAt, openModel, type OpenOptions, openOptionNames, type OpenParts } from './open.js';

/** Options of `Model.load`: those of `Model.open`, and what is taken from the file. */
export interface LoadOptions<Hparams> extends Omit<OpenOptions<Hparams>, 'hparams' | 'weights'> {
  /** Names the model in its store. Default: the name of the file without its folder, such as `epoch=85.safetensors`. */
  readonly id?: string;
  /** Go in the place of those in the file, each by its name. */
  readonly hparams?: Partial<Hparams>;
  /**
   * Takes the net's weights alone, with `load` into another net: no optimizer, no schedulers, no position. So it is where the file holds nothing else.
   * Default false.
   */
  readonly weightsOnly?: boolean;
}

/** The names of {@link LoadOptions}, for callers that have options of their own. */
export const loadOptionNames: readonly string[] = [
  'id',
  'weightsOnly',
  ...openOptionNames.filter((name) => name !== 'weights'),
];

const where = 'Model.load()';

/**
 * Opens a model that goes on from a file that `model.save` has written: its root is the state in the file, and the builder is handed the hparams in it. The
 * store that the file comes from is not needed.
 * @throws OptionError; RepriseError `FILE_IO`, `FILE_FORMAT`, `NET_CHANGED` where the net is another one; what `openModel` throws
 */
export async function loadModel<Hparams>(
  path: string,
  engine: Engine<Hparams>,
  options: LoadOptions<Hparams>,
  parts: OpenParts,
): Promise<Model> {
  string(where, 'path', path);
  checkOptions(where, options, loadOptionNames);
  const { id = nameIn(path), hparams: given, weightsOnly = false, ...others } = options;
  const name = nameOf(where, 'id', id);
  boolean(where, 'weightsOnly', weightsOnly);
  checkOpen(where, { ...others, ...(others.load && { weights: path }) });
  const { tensorFiles = noTensorFiles } = parts;
  // Weights are taken from any file of tensors; a state is in ours alone.
  const portable = weightsOnly
    ? readPortable(path, await tensorFiles.texts(path))
    : await portableIn(path, tensorFiles);
  const hparams = overridden(portable?.model.hparams ?? null, given) as Hparams;
  const { seed, load, description = portable?.model.description ?? '', ...rest } = others;
  const opening = { ...rest, description, ...(hparams !== null && { hparams }) };
  if (portable === null || portable.state === null || weightsOnly) {
    const begins = { weights: path, seed: seed ?? portable?.model.seed ?? 0, ...(load && { load }) };
    return openModel(name, engine, { ...opening, ...begins }, parts);
  }
  if (seed !== undefined) refuse(where, 'seed', 'left out, or weightsOnly given: the state in the file has one', seed);
  if (load !== undefined) refuse(where, 'load', 'given together with weightsOnly: the file holds a whole state', load);
  const { threads } = portable.model;
  return openAt(name, engine, opening, parts, (opened) => fileRoot(opened, path, portable), threads);
}

/** The file's name with its ending, which tells it from the model that the file comes from. */
function nameIn(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

function overridden(saved: Plain, given: unknown): unknown {
  if (given === undefined) return saved;
  return isPlainObject(saved) && isPlainObject(given) ? { ...saved, ...given } : given;
}
