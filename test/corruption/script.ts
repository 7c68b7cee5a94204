import { createHash } from 'node:crypto';
import {
  arrays,
  type Block,
  type Dataset,
  type Digest,
  type DivergencePolicy,
  type FileIdentity,
  type Host,
  metric,
  type Metric,
  type Model,
  mse,
  type OpenOptions,
  openModel,
  sgd,
  type Store,
  stream,
} from '@reprise/core';
import { noPlotter, quietHost, samples, width } from '../durability/host.js';
import { toyEngine } from '../support/toy-engine.js';

/** Each tensor of the large model is a blob of its own; those of the small one are in their manifests. */
const models = { large: { id: 'large', width, data: samples(4, 1) }, small: { id: 'small', width: 3, data: few() } };
const train = { batchSize: 2, progress: 'silent' } as const;

/** Nothing in a store depends on when it was made, so that a case of a campaign damages the same byte again. */
let ticks = 1_700_000_000_000;
const host: Host = { ...quietHost, now: () => ticks++, elapsed: () => 0 };

/** A data file that was read. */
export const file: FileIdentity & { readonly digest: Digest } = {
  path: '/data/samples.bin',
  size: 4096,
  mtime: 1_700_000_000_000_000_000n,
  inode: 42n,
  digest: `blake3-${'5a'.repeat(32)}` as Digest,
};

/** Fills a store with one of everything: what a script came to, what it left unfinished, and what was said from outside it. */
export async function fill(store: Store): Promise<void> {
  ticks = 1_700_000_000_000;
  const first = { lr: 0.1, accepted: 1, stopAt: 5 };
  await play(store, 'small', (model) => small(model, first)).catch(() => undefined);
  await play(store, 'small', (model) => small(model, { ...first, lr: 0.2 }), { onDivergence: 'rerun' }).catch(
    () => undefined,
  );
  await play(store, 'small', (model) => accepted(model, 2), { onDivergence: 'accept' });
  await play(store, 'large', (model) => large(model));
  await play(store, 'large', (model) => model.tag('kept', 'base'));
  const [entry] = await store.log.entries({ model: 'large', kind: 'train', status: 'live' });
  await store.log.settle(entry?.id ?? 0, 'accept', ticks++);
  await store.files.set([file]);
}

/** Runs the script as it stands in the end: the results of its calls, and the states that they led to. */
export async function run(store: Store, onDivergence: DivergencePolicy = 'error'): Promise<string> {
  const results: unknown[] = [];
  const narrow = async (model: Model): Promise<void> => {
    results.push(...(await small(model, { lr: 0.2, accepted: 2, stopAt: null })));
  };
  await play(store, 'small', narrow, { onDivergence });
  const wide = async (model: Model): Promise<void> => {
    results.push(...(await large(model)));
    results.push(await model.checkpoint('base').predict(models.large.data));
  };
  await play(store, 'large', wide, { onDivergence });
  return createHash('sha256').update(textOf(results)).digest('hex');
}

interface Choices {
  readonly lr: number;
  /** What a cached call is given. */
  readonly accepted: number;
  /** The step at which the last train fails; null where it comes to its end. */
  readonly stopAt: number | null;
}

async function small(model: Model, choices: Choices): Promise<readonly unknown[]> {
  const { data } = models.small;
  const results: unknown[] = [];
  await model.checkpoint('1', { description: 'the first' }, async (cp) => {
    results.push(await trained(cp, data, choices.lr, 2));
    results.push(await cp.cached('sum', { list: [1, 2] }, async ({ list }) => list.length));
  });
  results.push(await model.checkpoint('1').evaluate(data), await model.checkpoint('1').stateDigest());
  results.push(...(await accepted(model, choices.accepted)));
  await model.checkpoint('unfinished', { from: '1' }, async (cp) => {
    const metrics = [failing(choices.stopAt)];
    results.push(await cp.train(data, { ...train, epochs: 4, metrics }));
  });
  results.push(await model.checkpoint('unfinished').stateDigest());
  return results;
}

/** What was accepted comes to the same: where the log has lost that it was, the results are no others. */
async function accepted(model: Model, version: number): Promise<readonly unknown[]> {
  const results: unknown[] = [];
  await model.checkpoint('accepted', { from: null }, async (cp) => {
    results.push(await cp.cached('told', { version }, async () => ({ list: [1, 2, 3] })));
    results.push(await trained(cp, models.small.data, 0.1, 1));
  });
  return [...results, await model.checkpoint('accepted').stateDigest()];
}

async function large(model: Model): Promise<readonly unknown[]> {
  const { data } = models.large;
  const results: unknown[] = [];
  await model.checkpoint('base', async (cp) => {
    results.push(await trained(cp, data, 0.1, 2));
    results.push(await cp.train(data, { ...train, epochs: 1 }));
  });
  results.push(await model.checkpoint('base').evaluate(data), await model.checkpoint('base').stateDigest());
  await model.checkpoint('fork', { from: 'base' }, async (cp) => {
    await cp.setup({ optimizer: sgd({ lr: 0.05 }) });
    results.push(await cp.train(data, { ...train, epochs: 1 }));
  });
  return [...results, await model.checkpoint('fork').stateDigest()];
}

async function trained(cp: Block, data: Dataset, lr: number, epochs: number): Promise<unknown> {
  await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
  return cp.train(data, { ...train, epochs });
}

async function play(
  store: Store,
  name: keyof typeof models,
  script: (model: Model) => Promise<unknown>,
  options: OpenOptions<{ width: number }> = {},
): Promise<void> {
  const { id, width: size } = models[name];
  const engine = toyEngine({ loads: 0, steps: 0, evaluations: 0 });
  const given = { hparams: { width: size }, threads: 1, description: `the ${name} one`, ...options };
  const model = await openModel(id, engine, given, { store, host, plotter: noPlotter, ownsStore: false });
  try {
    await script(model);
  } finally {
    await model.close();
  }
}

function failing(stopAt: number | null): Metric<'batches'> {
  let left = stopAt ?? Infinity;
  const update = (count: number): number => {
    if (left-- === 0) throw new Error('stopped');
    return count + 1;
  };
  return metric(
    'batches',
    { mode: 'max', init: () => 0, update, result: (count: number) => count },
    { key: 'batches' },
  );
}

function few(): Dataset {
  const input = new Float32Array(4 * 3);
  stream(1, 'test/few').fillUniform(input, -1, 1);
  const target = Float32Array.from({ length: 4 }, (_, i) => input[3 * i] as number);
  return arrays({ input: { data: input, shape: [3] }, target: { data: target, shape: [1] } });
}

/** Equal texts, equal results. */
function textOf(results: readonly unknown[]): string {
  return JSON.stringify(results, (_, value: unknown) => {
    if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array, String);
    if (value instanceof Map) return [...value];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    // A decoded record has lost the order of its keys.
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
