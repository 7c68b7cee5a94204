import { batches, isSampleStream } from '../data/batches.js';
import type { Batch } from '../ports/data-source.js';
import type { BatchTypes, LayerDescription, NetDescription, ParameterSpec } from '../ports/engine.js';
import { checkOptions } from '../options/index.js';
import { checkFreeze, frozenNames } from '../training/freeze.js';
import { noSamples } from '../training/samples.js';
import { byteSize, sizeOf } from '../values/tensor.js';
import type { Data } from './call-options.js';
import { size } from './run-report.js';

export interface SummaryOptions {
  /** Parameters that a train is to leave as they are, as in `train`: they count as not trainable. Default: none. */
  readonly freeze?: readonly string[];
}

export interface LayerSummary {
  readonly name: string;
  readonly operators: readonly string[];
  /** Null for a dimension that is the number of samples, or follows from it; null altogether where no data were given. */
  readonly output: readonly (number | null)[] | null;
  readonly parameters: readonly (ParameterSpec & { readonly trainable: boolean; readonly bytes: number })[];
}

/** What a net is made of. */
export interface Summary {
  readonly layers: readonly LayerSummary[];
  /** Numbers in parameters: all, and those that a train moves; and in buffers, which no gradient reaches. */
  readonly parameters: number;
  readonly trainable: number;
  readonly buffers: number;
  /** Of parameters and buffers in memory. */
  readonly bytes: number;
  /** A table of it, with a line of the totals below. */
  readonly text: string;
}

/** @throws OptionError, DataError, RepriseError `DATA_MISMATCH` */
export async function summarize(
  net: NetDescription,
  told: Layers,
  data: Data | null,
  options: unknown,
): Promise<Summary> {
  const where = 'model.summary()';
  checkOptions(where, options, ['freeze']);
  const { freeze = [] } = (options ?? {}) as SummaryOptions;
  checkFreeze(where, freeze);
  const frozen = new Set(frozenNames(freeze, net, where));
  const specs = new Map(net.parameters.map((spec) => [spec.name, spec]));
  const layers = (await layersOf(net, told, data)).map(({ name, operators, output, parameters }) => ({
    name,
    operators,
    output,
    parameters: parameters.map((each) => {
      const spec = specs.get(each) as ParameterSpec;
      const trainable = spec.kind === 'parameter' && !frozen.has(each);
      return { ...spec, trainable, bytes: byteSize(spec.dtype, spec.shape) };
    }),
  }));
  const all = layers.flatMap(({ parameters }) => parameters);
  const count = (some: typeof all): number => some.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const totals = {
    parameters: count(all.filter(({ kind }) => kind === 'parameter')),
    trainable: count(all.filter(({ trainable }) => trainable)),
    buffers: count(all.filter(({ kind }) => kind === 'buffer')),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  return { layers, ...totals, text: textOf(layers, totals) };
}

/** What an engine tells of a net's layers; undefined where it tells nothing. */
type Layers = (batch?: BatchTypes) => Promise<readonly LayerDescription[] | undefined>;

type Shaped = Omit<LayerDescription, 'output'> & Pick<LayerSummary, 'output'>;

async function layersOf(net: NetDescription, told: Layers, data: Data | null): Promise<readonly Shaped[]> {
  const plain = await told();
  if (plain === undefined) return byName(net);
  if (data === null) return plain;
  const sample = await firstOf(data);
  // A dimension that differs between batches of two and of three samples follows from their number.
  const [two = [], three = []] = await Promise.all([2, 3].map((count) => told(typesOf(sample, count))));
  return two.map((layer, i) => {
    const other = three[i]?.output ?? null;
    return { ...layer, output: layer.output && layer.output.map((each, at) => (each === other?.[at] ? each : null)) };
  });
}

/** Parameters by what their names have before the last dot. */
function byName({ parameters }: NetDescription): readonly Shaped[] {
  const layers = new Map<string, string[]>();
  for (const { name } of parameters) {
    const layer = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : name;
    layers.set(layer, [...(layers.get(layer) ?? []), name]);
  }
  return [...layers].map(([name, names]) => ({ name, operators: [], output: null, parameters: names }));
}

async function firstOf(data: Data): Promise<Batch> {
  const { signal } = new AbortController();
  const plan = { batchSize: 1, shuffle: false, seed: 0, epoch: 0, signal };
  for await (const batch of batches(data, plan)) return batch;
  throw noSamples('model.summary()', isSampleStream(data) ? 'the stream' : 'the data');
}

function typesOf(sample: Batch, count: number): BatchTypes {
  return new Map([...sample].map(([name, { dtype, shape }]) => [name, { dtype, shape: [count, ...shape.slice(1)] }]));
}

function textOf(
  layers: readonly LayerSummary[],
  { parameters, trainable, buffers, bytes }: Pick<Summary, 'parameters' | 'trainable' | 'buffers' | 'bytes'>,
): string {
  const shaped = layers.some(({ output }) => output !== null);
  const head = ['LAYER', 'COMPUTES', ...(shaped ? ['OUTPUT'] : []), 'PARAMETERS', 'SHAPES'];
  const rows = layers.map(({ name, operators, output, parameters: own }) => [
    name,
    operators.join(', '),
    ...(shaped ? [output === null ? '' : `[${output.map((each) => each ?? 'n').join(', ')}]`] : []),
    numbersOf(own),
    own.map((each) => `${lastOf(each.name)} [${each.shape.join(', ')}]${noteOf(each)}`).join(', '),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] as string).length)));
  const right = head.length - 2;
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === right ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number)))
      .join('  ')
      .trimEnd();
  const fixed = parameters - trainable;
  const notTrained = fixed === 0 ? 'all trainable' : `${trainable.toLocaleString('en')} trainable`;
  const besides = buffers === 0 ? '' : `, ${buffers.toLocaleString('en')} in buffers`;
  const total = `${parameters.toLocaleString('en')} parameters, ${notTrained}${besides}: ${size(bytes)}`;
  return [line(head), ...rows.map(line), total].join('\n');
}

function numbersOf(own: LayerSummary['parameters']): string {
  const count = own.filter(({ kind }) => kind === 'parameter').reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return own.length === 0 ? '' : count.toLocaleString('en');
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function noteOf({ kind, trainable }: LayerSummary['parameters'][number]): string {
  return kind === 'buffer' ? ' (buffer)' : trainable ? '' : ' (frozen)';
}
