import { decode } from '../codec/index.js';
import { boolean, checkOptions, string } from '../options/index.js';
import { RepriseError } from '../errors/base.js';
import type { Host } from '../ports/host.js';
import type { TrainResult } from '../training/result.js';
import type { Plotter } from './plotter.js';
import type { Runtime } from './runtime.js';

export interface PlotOptions {
  /** Where to write the picture as SVG. */
  readonly svg?: string;
  /** Whether to draw on the terminal. Default true. */
  readonly terminal?: boolean;
  readonly title?: string;
}

/** Draws histories on the terminal and as SVG, and returns the SVG document. */
export async function plotMetrics(
  host: Host,
  plotter: Plotter,
  checkpoint: string,
  histories: readonly TrainResult[],
  options: PlotOptions,
): Promise<string> {
  const where = 'plotMetrics()';
  checkOptions(where, options, ['svg', 'terminal', 'title']);
  const { svg: path, terminal = true, title = `checkpoint ${checkpoint}` } = options;
  if (path !== undefined) string(where, 'svg', path);
  boolean(where, 'terminal', terminal);
  if (histories.length === 0) {
    throw new RepriseError(
      'NO_CHECKPOINT',
      `Checkpoint '${checkpoint}' has no recorded train() to draw. Train in its block first.`,
    );
  }
  const { columns, isTerminal } = host.output;
  const { lines, svg } = await plotter.metrics(histories, {
    title,
    columns: Math.min(columns, 100),
    color: isTerminal,
  });
  if (terminal) for (const line of lines) host.output.write(`${line}\n`);
  if (path !== undefined) await host.writeFile(path, new TextEncoder().encode(svg));
  return svg;
}

/**
 * The recorded results of a checkpoint's live train() calls, in order.
 * @param under the id that they are recorded under: another where the block forked, whose calls before the fork are the checkpoint's own
 */
export async function recordedHistories(
  { model, store: { log } }: Runtime,
  checkpoint: string,
  under: string,
): Promise<readonly TrainResult[]> {
  const block = await log.entries({ model, checkpoint: under, lane: 'block', status: 'live' });
  const parent = under === checkpoint ? null : (block[0]?.parent ?? null);
  const shared = parent === null ? [] : await log.ancestors(parent);
  const trains = [...shared.filter((entry) => entry.checkpoint === checkpoint), ...block].filter(
    ({ kind }) => kind === 'train',
  );
  const records = await Promise.all(trains.map(({ record }) => log.record(record)));
  return records.flatMap((record) => (record === undefined ? [] : [decode(record.result) as unknown as TrainResult]));
}
