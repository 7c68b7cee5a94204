import { join } from 'node:path';
import {
  type Host,
  type Model,
  mse,
  openModel,
  type PlotOptions,
  type Plotter,
  type PlotterOptions,
  RepriseError,
  sgd,
  type TrainResult,
} from '@reprise/core';
import { openStore } from '@reprise/store';
import { expect, test } from 'vitest';
import { line, temporaryFolder } from '../support/session.js';
import { toyEngine } from '../support/toy-engine.js';

const train = line(16);

interface Drawing {
  readonly histories: readonly TrainResult[];
  readonly options: PlotterOptions;
}

/** A model whose plotter and host say what they were given. */
async function studio(): Promise<{
  readonly drawn: Drawing[];
  readonly written: Map<string, Uint8Array>;
  readonly printed: string[];
  run<T>(script: (model: Model) => Promise<T>, policy?: 'fork'): Promise<T>;
}> {
  const folder = join(await temporaryFolder(), 'store');
  const drawn: Drawing[] = [];
  const written = new Map<string, Uint8Array>();
  const printed: string[] = [];
  const host: Host = {
    output: { write: (text) => void printed.push(text), isTerminal: false, columns: 300 },
    now: () => Date.now(),
    elapsed: () => performance.now(),
    provenance: { host: 'test' },
    availableThreads: 2,
    sleep: async () => undefined,
    writeFile: async (path, bytes) => void written.set(path, bytes),
    checkWritable: async (path) => {
      if (path.startsWith('locked/')) throw new RepriseError('FILE_IO', `${path} can't be written.`);
    },
  };
  const plotter: Plotter = {
    metrics: async (histories, options) => {
      drawn.push({ histories, options });
      return { lines: ['a line'], svg: '<svg/>', ...(options.png ? { png: Uint8Array.of(1, 2, 3) } : {}) };
    },
  };
  const run = async <T>(script: (model: Model) => Promise<T>, policy?: 'fork'): Promise<T> => {
    const store = await openStore(folder);
    const options = { hparams: { width: 3 }, ...(policy === undefined ? {} : { onDivergence: policy }) };
    const parts = { store, host, plotter, ownsStore: true };
    const model = await openModel('toy', toyEngine({ loads: 0, steps: 0, evaluations: 0 }), options, parts);
    try {
      return await script(model);
    } finally {
      await model.close();
    }
  };
  return { drawn, written, printed, run };
}

/** Checkpoint 1 with an epoch and two epochs, sgd with one of each, and one that is only set up. */
const three =
  (lr = 0.1) =>
  async (model: Model): Promise<void> => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.05 }) });
      await cp.train(train, { epochs: 1, progress: 'silent' });
      await cp.train(train, { epochs: 2, progress: 'silent' });
    });
    await model.checkpoint('sgd', { from: null }, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
      await cp.train(train, train, { epochs: 3, progress: 'silent' });
    });
    await model.checkpoint('bare', async (cp) => void (await cp.evaluate(train, { loss: mse() })));
  };

const lengths = (histories: readonly TrainResult[]): number[] => histories.map(({ history }) => history.length);

test('a checkpoint is drawn beside others, each by its name, also from within a block', async () => {
  const { run, drawn } = await studio();
  await run(async (model) => {
    await three()(model);
    await model.checkpoint('sgd').plotMetrics({ compare: [1] });
    await model.checkpoint(2, { from: 1 }, async (cp) => {
      await cp.train(train, { epochs: 1, progress: 'silent' });
      await cp.plotMetrics({ compare: ['1', 'sgd'], title: 'three' });
    });
  });
  const said = drawn.map(({ histories, options: { name, title, compared } }) => [
    name,
    title,
    lengths(histories),
    compared.map((each) => [each.name, lengths(each.histories)]),
  ]);
  expect(said).toEqual([
    ['sgd', 'checkpoints sgd, 1', [3], [['1', [1, 2]]]],
    [
      '2',
      'three',
      [1],
      [
        ['1', [1, 2]],
        ['sgd', [3]],
      ],
    ],
  ]);
});

test('where a block has forked, its id means the fork in a comparison too', async () => {
  const { run, drawn } = await studio();
  await run(three());
  await run(async (model) => {
    await three(0.2)(model);
    await model.checkpoint(1).plotMetrics({ compare: ['sgd'] });
    expect((await model.checkpoints()).map(({ id }) => id)).toContainEqual(expect.stringMatching(/^sgd~/));
  }, 'fork');
  expect(drawn.at(-1)!.options.compared[0]!.histories[0]!.history[0]!.lr).toBe(0.2);
});

test('files are written as their options say, then the terminal is drawn on, and the SVG is returned', async () => {
  const { run, written, printed, drawn } = await studio();
  await run(async (model) => {
    await three()(model);
    printed.length = 0;
    expect(await model.checkpoint(1).plotMetrics({ svg: 'a.svg', png: 'b.PNG', terminal: false })).toBe('<svg/>');
    expect(printed).toEqual([]);
    await model.checkpoint(1).plotMetrics();
    expect(printed).toEqual(['a line\n']);
  });
  expect([...written.keys()]).toEqual(['a.svg', 'b.PNG']);
  expect(new TextDecoder().decode(written.get('a.svg'))).toBe('<svg/>');
  expect(written.get('b.PNG')).toEqual(Uint8Array.of(1, 2, 3));
  expect(drawn.map(({ options: { png, columns, color, metrics } }) => [png, columns, color, metrics])).toEqual([
    [true, 100, false, null],
    [false, 100, false, null],
  ]);
});

test('what is wrong is said before anything is drawn or written', async () => {
  const { run, drawn, written, printed } = await studio();
  await run(async (model) => {
    await three()(model);
    printed.length = 0;
    const wrong = (options: object): Promise<unknown> =>
      model
        .checkpoint(1)
        .plotMetrics(options as PlotOptions)
        .then(
          () => 'drawn',
          (error: Error) => error.message,
        );
    expect(await wrong({ svg: 'run.png' })).toMatch(
      /svg must be a path that ends in \.svg \(for a \.png file, the option is png\), and got "run\.png"/,
    );
    expect(await wrong({ png: 'run' })).toMatch(/png must be a path that ends in \.png, and got "run"/);
    expect(await wrong({ png: 7 })).toMatch(/INVALID_OPTION/);
    expect(await wrong({ svg: 'a.svg', png: 'locked/a.png' })).toMatch(/locked\/a\.png can't be written.*FILE_IO/);
    expect(await wrong({ compare: ['sgb'] })).toMatch(/checkpoint 'sgb'.*Did you mean 'sgd'\?.*NO_CHECKPOINT/);
    expect(await wrong({ compare: [77] })).toMatch(/It has '1', 'sgd', 'bare'\..*NO_CHECKPOINT/);
    expect(await wrong({ compare: ['bare'] })).toMatch(/'bare' has no recorded train\(\) to draw/);
    expect(await wrong({ compare: [1] })).toMatch(/other checkpoints than '1' itself/);
    expect(await wrong({ compare: ['sgd', 'sgd'] })).toMatch(/each checkpoint once, and got "sgd"/);
    expect(await wrong({ compare: 'sgd' })).toMatch(/an array of ids/);
    expect(await wrong({ metrics: ['los'] })).toMatch(/metrics must be "loss" or "lr", and got "los"/);
    expect(await wrong({ metrics: 'loss' })).toMatch(/metrics must be an array/);
    expect(await wrong({ title: 3 })).toMatch(/title must be a string/);
    expect(await wrong({ pgn: 'a.png' })).toMatch(/no option 'pgn'\. Did you mean 'png'\?/);
  });
  expect([drawn, [...written.keys()], printed.filter((text) => text === 'a line\n')]).toEqual([[], [], []]);
});

test('panels are chosen by name', async () => {
  const { run, drawn } = await studio();
  await run(async (model) => {
    await three()(model);
    await model.checkpoint(1).plotMetrics({ metrics: ['lr', 'loss'] });
  });
  expect(drawn[0]!.options.metrics).toEqual(['lr', 'loss']);
});
