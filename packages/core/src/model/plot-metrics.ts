import { decode } from '../codec/index.js';
import { boolean, checkOptions, oneOf, refuse, string } from '../options/index.js';
import { nearest } from '../options/nearest.js';
import { RepriseError } from '../errors/base.js';
import type { TrainResult } from '../training/result.js';
import { type CheckpointId, checkpointId } from './ids.js';
import { checkPictureFiles, type PictureFiles, writePictures } from './picture-files.js';
import type { Plotter } from './plotter.js';
import type { Runtime } from './runtime.js';

export interface PlotOptions extends PictureFiles {
  /** Whether to draw on the terminal. Default true. */
  readonly terminal?: boolean;
  readonly title?: string;
  /** Other checkpoints of the model, drawn beside this one: each in a colour of its own, validation solid and training dashed. */
  readonly compare?: readonly CheckpointId[];
  /** Which panels to draw, in this order: `loss`, metrics, logged quantities, `lr`. Default: all, and `lr` where it moves. */
  readonly metrics?: readonly string[];
}

const where = 'plotMetrics()';

/** Draws what a model's checkpoints have recorded. */
export class Plots {
  readonly #runtime: Runtime;
  readonly #plotter: Plotter;
  readonly #recordedUnder: (id: string) => string;

  /** @param recordedUnder the id that a checkpoint's calls are recorded under in this process: another where its block forked */
  constructor(runtime: Runtime, plotter: Plotter, recordedUnder: (id: string) => string) {
    this.#runtime = runtime;
    this.#plotter = plotter;
    this.#recordedUnder = recordedUnder;
  }

  /**
   * Draws on the terminal and into files, and returns the SVG document. Whatever is wrong is said before anything is drawn.
   * @param histories of the checkpoint; null: those that are recorded
   * @throws OptionError; RepriseError `NO_CHECKPOINT`, `FILE_IO`
   */
  async metrics(id: string, histories: readonly TrainResult[] | null, options: PlotOptions): Promise<string> {
    checkOptions(where, options, ['svg', 'png', 'terminal', 'title', 'compare', 'metrics']);
    const { terminal = true, compare = [], metrics } = options;
    const others = compared(id, compare);
    const { title = others.length === 0 ? `checkpoint ${id}` : `checkpoints ${[id, ...others].join(', ')}` } = options;
    boolean(where, 'terminal', terminal);
    string(where, 'title', title);
    if (metrics !== undefined && !Array.isArray(metrics))
      refuse(where, 'metrics', "an array such as ['loss']", metrics);
    const { host } = this.#runtime;
    await checkPictureFiles(host, where, options);
    const own = histories ?? (await this.#recorded(id));
    if (own.length === 0) throw nothingToDraw(id);
    const beside = await Promise.all(others.map(async (name) => ({ name, histories: await this.#toCompare(name) })));
    if (metrics !== undefined) {
      const known = panelNames([own, ...beside.map((each) => each.histories)]);
      for (const name of metrics) oneOf(where, 'metrics', name, known);
    }
    const { columns, colors = false } = host.output;
    const drawn = await this.#plotter.metrics(own, {
      title,
      columns: Math.min(columns, 100),
      color: colors,
      png: options.png !== undefined,
      metrics: metrics ?? null,
      name: id,
      compared: beside,
    });
    await writePictures(host, options, drawn);
    if (terminal) for (const line of drawn.lines) host.output.write(`${line}\n`);
    return drawn.svg;
  }

  async #toCompare(id: string): Promise<readonly TrainResult[]> {
    const histories = await this.#recorded(id);
    if (histories.length > 0) return histories;
    const { store, model } = this.#runtime;
    const known = (await store.log.checkpoints(model)).map((checkpoint) => checkpoint.id);
    if (known.includes(id)) throw nothingToDraw(id);
    const close = nearest(id, known);
    const has = `It has ${known.length === 0 ? 'none yet' : known.map((each) => `'${each}'`).join(', ')}.`;
    throw new RepriseError(
      'NO_CHECKPOINT',
      `${where}: compare names checkpoint '${id}', and model '${model}' has none of that name. ` +
        (close === undefined ? has : `Did you mean '${close}'?`),
    );
  }

  /** The results of a checkpoint's live train() calls, in order. Where its block forked, those before the fork are its own. */
  async #recorded(id: string): Promise<readonly TrainResult[]> {
    const {
      model,
      store: { log },
    } = this.#runtime;
    const under = this.#recordedUnder(id);
    const block = await log.entries({ model, checkpoint: under, lane: 'block', status: 'live' });
    const parent = under === id ? null : (block[0]?.parent ?? null);
    const shared = parent === null ? [] : await log.ancestors(parent);
    const trains = [...shared.filter((entry) => entry.checkpoint === id), ...block].filter(
      ({ kind }) => kind === 'train',
    );
    const records = await Promise.all(trains.map(({ record }) => log.record(record)));
    return records.flatMap((record) => (record === undefined ? [] : [decode(record.result) as unknown as TrainResult]));
  }
}

/** The ids to compare with, checked. */
function compared(id: string, compare: unknown): readonly string[] {
  if (!Array.isArray(compare)) refuse(where, 'compare', 'an array of ids of checkpoints such as [2, 3]', compare);
  const others = compare.map((other: unknown) => checkpointId(where, other));
  others.forEach((other, i) => {
    if (other === id) refuse(where, 'compare', `other checkpoints than '${id}' itself`, other);
    if (others.indexOf(other) !== i) refuse(where, 'compare', 'each checkpoint once', other);
  });
  return others;
}

/** What there is to draw. */
function panelNames(runs: readonly (readonly TrainResult[])[]): readonly string[] {
  const names = new Set(['loss']);
  for (const { initial, history, logged = {} } of runs.flat()) {
    for (const scores of [initial, ...history.flatMap(({ train, val }) => [train, val])]) {
      for (const name of Object.keys(scores ?? {})) names.add(name);
    }
    for (const key of Object.keys(logged)) names.add(key);
  }
  return [...names, 'lr'];
}

function nothingToDraw(id: string): RepriseError {
  return new RepriseError(
    'NO_CHECKPOINT',
    `Checkpoint '${id}' has no recorded train() to draw. Train in its block first.`,
  );
}
