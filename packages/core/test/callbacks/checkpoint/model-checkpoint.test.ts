// When modelCheckpoint keeps what, under which names, and when it writes and removes files.
import { describe, expect, test } from 'vitest';
import {
  metric,
  callback,
  ema,
  iterable,
  modelCheckpoint,
  type ModelCheckpointOptions,
  type SavedCheckpoint,
} from '../../../src/index.js';
import { linearNet, numbers } from '../../training/linear-net.js';
import { deciding, keeping, observing, stepsAnEpoch, trained } from '../support.js';
import { type Disk, diskOf } from './disk.js';

/** Logs as `score`, at the end of each epoch, the next of these; null: nothing. */
function scores(values: readonly (number | null)[]) {
  return observing({
    onEpochEnd: (ctx) => {
      const value = values[ctx.epoch] ?? null;
      if (value !== null) ctx.log('cost', value);
    },
  });
}

/** A train of as many epochs as there are scores, with a checkpoint that looks at these. */
async function kept(values: readonly (number | null)[], options: ModelCheckpointOptions = {}) {
  const callbacks = [scores(values), modelCheckpoint({ monitor: 'cost', ...options })];
  const { result } = await trained({ epochs: values.length, callbacks });
  return result.saved!['modelCheckpoint']!;
}

function places(all: readonly SavedCheckpoint[]): readonly string[] {
  return all.map(({ epochs, steps }) => `${epochs} ${steps}`);
}

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describe('what is kept', () => {
  test.each([
    ['the best one', [3, 1, 2], {}, ['2 0']],
    ['the best two', [3, 1, 2], { saveTopK: 2 }, ['2 0', '3 0']],
    ['all of them, the best first', [3, 1, 2], { saveTopK: -1 }, ['2 0', '3 0', '1 0']],
    ['none', [3, 1, 2], { saveTopK: 0 }, []],
    ['the largest, where that is asked for', [3, 1, 2], { mode: 'max' }, ['1 0']],
    ['of equals the first', [2, 1, 1, 1], { saveTopK: 2 }, ['2 0', '3 0']],
    ['a number rather than NaN', [nan, 5, nan], {}, ['2 0']],
    ['NaN, where there is nothing else', [nan, nan], {}, ['1 0']],
    ['infinities by their size', [inf, 1, -inf], { saveTopK: 2 }, ['3 0', '2 0']],
    ['each second epoch', [4, 3, 2, 1, 0], { saveTopK: -1, everyNEpochs: 2 }, ['4 0', '2 0']],
  ] as const)('is %s', async (_, values, options, expected) => {
    const { kept: all, last } = await kept(values, options);
    expect(places(all)).toEqual(expected);
    expect(last).toBe(null);
  });

  test('says what was monitored, and where it was', async () => {
    const { kept: all, weightsOnly } = await kept([3, 1, 2], { saveTopK: 2 });
    expect(all).toEqual([
      { name: 'epoch=1-step=8', path: null, epochs: 2, steps: 0, step: 8, value: 1 },
      { name: 'epoch=2-step=12', path: null, epochs: 3, steps: 0, step: 12, value: 2 },
    ]);
    expect(weightsOnly).toBe(false);
  });

  test('without a monitor is the newest one, and with −1 all, the newest first', async () => {
    for (const [options, expected] of [
      [{}, ['3 0']],
      [{ saveTopK: -1 }, ['3 0', '2 0', '1 0']],
    ] as const) {
      const { result } = await trained({ epochs: 3, callbacks: [modelCheckpoint(options)] });
      expect(places(result.saved!['modelCheckpoint']!.kept)).toEqual(expected);
      expect(result.saved!['modelCheckpoint']!.kept[0]!.value).toBe(null);
    }
  });

  test('is the newest too, as last, whether it is among the best or not', async () => {
    const { kept: all, last } = await kept([3, 1, 2], { saveLast: true });
    expect(places(all)).toEqual(['2 0']);
    expect(last).toEqual({ name: 'last', path: null, epochs: 3, steps: 0, step: 12, value: 2 });
  });

  test('is ranked by a score of the call, the way that its metric says', async () => {
    // Larger is better, and its name doesn't say so.
    const closeness = metric(
      'closeness',
      {
        mode: 'max',
        init: () => ({ sum: 0 }),
        update: (acc, { output, target }) => ({
          sum: acc.sum - Math.abs(Number(output.data[0]) - Number(target.data[0])),
        }),
        result: ({ sum }) => sum,
      },
      { key: 'closeness' },
    );
    for (const [monitor, better] of [
      ['val_loss', (a: number, b: number) => a - b],
      ['val_closeness', (a: number, b: number) => b - a],
    ] as const) {
      const options = { epochs: 4, callbacks: [modelCheckpoint({ monitor, saveTopK: -1 })], metrics: [closeness] };
      const { result } = await trained(options);
      const values = result.history.map(({ val }) => (val as { readonly [name: string]: number })[monitor.slice(4)]!);
      expect(result.saved!['modelCheckpoint']!.kept.map(({ value }) => value)).toEqual(values.toSorted(better));
      expect(new Set(values).size).toBe(4);
    }
  });
});

describe('when', () => {
  test('after each so many-th step over the life of the state, within epochs and at their ends', async () => {
    const callbacks = [modelCheckpoint({ everyNSteps: 3, saveTopK: -1 })];
    const { result } = await trained({ epochs: 3, callbacks });
    const { kept: all } = result.saved!['modelCheckpoint']!;
    expect(all.map(({ step }) => step)).toEqual([12, 9, 6, 3]);
    // A step that ends an epoch is a place within it still.
    expect(places(all)).toEqual(['2 4', '2 1', '1 2', '0 3']);
  });

  test('after so many seconds of training', async () => {
    const at = async (tick: number, epochs: number) => {
      const net = linearNet();
      const disk = diskOf();
      const callbacks = [modelCheckpoint({ trainTimeInterval: 1, saveTopK: -1 })];
      const { result } = await trained({ epochs, callbacks }, { net, at: disk.context(net, { tick }) });
      const steps = result.saved!['modelCheckpoint']!.kept.map(({ step }) => step).toReversed();
      return { steps, time: result.history.reduce((sum, { time }) => sum + time, 0) };
    };
    expect((await at(1, 3)).steps).toEqual([]);
    // The clock moves at each step by more than that.
    expect((await at(2000, 3)).steps).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    const { steps, time } = await at(100, 12);
    expect(steps.length).toBeGreaterThan(5);
    expect(steps.length).toBeLessThanOrEqual(time);
    expect(steps.length).toBeGreaterThan(time / 2 - 1);
  });

  test.each([
    [{ everyNEpochs: 1, everyNSteps: 1 }, 'everyNEpochs and everyNSteps'],
    [{ everyNSteps: 1, trainTimeInterval: 1 }, 'everyNSteps and trainTimeInterval'],
    [{ everyNEpochs: 1, everyNSteps: 1, trainTimeInterval: 1 }, 'everyNEpochs and everyNSteps and trainTimeInterval'],
  ])('is said in one way: %j', (options, which) => {
    expect(() => modelCheckpoint(options)).toThrow(`${which} must be given one at a time`);
  });

  test('it trains on one batch of a stopped epoch: that place is kept beside the end', async () => {
    const keep = keeping();
    const callbacks = [modelCheckpoint({ everyNSteps: 6, saveTopK: -1 })];
    const { result } = await trained({ epochs: 9, callbacks, maxSteps: 6 }, { course: keep.course });
    expect(result.stopped).toBe('steps');
    expect(places(result.saved!['modelCheckpoint']!.kept)).toEqual(['1 2']);
    const taken = keep.points.map(({ progress: { history, partial } }) => `${history.length} ${partial?.steps ?? 0}`);
    expect(taken).toContain('1 2');
  });
});

describe('names', () => {
  test('say what they are asked to', async () => {
    const { kept: all } = await kept([0.25, 0.125], { filename: 'net-{epoch:02d}-{cost:.2f}', saveTopK: -1 });
    expect(all.map(({ name }) => name)).toEqual(['net-epoch=01-cost=0.12', 'net-epoch=00-cost=0.25']);
    const plain = { filename: '{epoch:02d}', autoInsertMetricName: false };
    expect((await kept([1], plain)).kept[0]!.name).toBe('00');
  });

  test('that two have are told apart by a number', async () => {
    const { kept: all } = await kept([3, 2, 1], { filename: 'net', saveTopK: -1 });
    expect(all.map(({ name }) => name)).toEqual(['net-v2', 'net-v1', 'net']);
    const last = await kept([3], { filename: 'last', saveLast: true });
    expect([last.kept[0]!.name, last.last!.name]).toEqual(['last-v1', 'last']);
  });

  test('are free again when what had them makes way: the best one is always called the same', async () => {
    for (const values of [[3], [3, 2], [3, 2, 1], [3, 1, 2]])
      expect((await kept(values, { filename: 'best' })).kept.map(({ name }) => name)).toEqual(['best']);
    expect((await kept([4, 3, 2, 1], { filename: 'best', saveTopK: 2 })).kept.map(({ name }) => name)).toEqual([
      'best-v1',
      'best',
    ]);
  });
});

describe('a monitor', () => {
  test('that nothing has is an error before training, with the nearest one', async () => {
    const run = trained({ epochs: 1, callbacks: [modelCheckpoint({ monitor: 'val_los' })] });
    await expect(run).rejects.toThrow(
      /callback 'modelCheckpoint': monitor must be a score of this call: .*perhaps 'val_loss'/,
    );
    const named = trained({ epochs: 1, callbacks: [modelCheckpoint({ filename: '{val_los:.2f}' })] });
    await expect(named).rejects.toThrow(/perhaps 'val_loss'/);
  });

  test('that a callback might have logged and has not is one at the end of the first epoch', async () => {
    for (const options of [
      { monitor: 'csot' },
      { monitor: 'csot', everyNSteps: 1 },
      { filename: '{csot}' },
      { filename: '{csot}', everyNSteps: 1 },
    ]) {
      const net = linearNet();
      await expect(
        trained({ epochs: 3, callbacks: [scores([1, 2, 3]), modelCheckpoint(options)] }, { net }),
      ).rejects.toThrow(/Did you mean 'cost'\?/);
      expect(net.steps).toHaveLength(stepsAnEpoch);
    }
  });

  test('that a later epoch lacks is one, too', async () => {
    await expect(kept([1, null, 3])).rejects.toThrow("after epoch 1 there is no 'cost' to monitor");
  });

  test('within the first epoch is NaN, which ranks last and is said; later it is that of the last epoch', async () => {
    const callbacks = [
      scores([5, 4, 3]),
      modelCheckpoint({ monitor: 'cost', everyNSteps: 3, saveTopK: -1, filename: '{cost:.1f}' }),
    ];
    const { result } = await trained({ epochs: 3, callbacks });
    const { kept: all } = result.saved!['modelCheckpoint']!;
    expect(all.map(({ step, value, name }) => [step, value, name])).toEqual([
      [9, 4, 'cost=4.0'],
      [12, 4, 'cost=4.0-v1'],
      [6, 5, 'cost=5.0'],
      [3, nan, 'cost=nan'],
    ]);
  });

  test('that is logged at steps is looked at as the mean of the epoch', async () => {
    const losses = callback(
      'losses',
      { observes: true, onStepEnd: (ctx) => ctx.log('mine', ctx.step) },
      { key: 'losses' },
    );
    const { result } = await trained({
      epochs: 2,
      callbacks: [losses, modelCheckpoint({ monitor: 'mine', mode: 'max' })],
    });
    expect(result.saved!['modelCheckpoint']!.kept).toMatchObject([{ epochs: 2, value: (5 + 6 + 7 + 8) / 4 }]);
  });
});

test.each([
  [{ monitors: 'val_loss' }, "Did you mean 'monitor'?"],
  [{ monitor: 'val_loss', mode: 'least' }, 'mode must be'],
  [{ mode: 'min' }, 'mode must be given with a monitor'],
  [{ monitor: 'val_loss', saveTopK: -2 }, 'saveTopK must be how many are kept'],
  [{ monitor: 'val_loss', saveTopK: 1.5 }, 'saveTopK must be how many are kept'],
  [{ saveTopK: 2 }, 'saveTopK must be 1, 0 or −1 without a monitor'],
  [{ everyNSteps: 0 }, 'everyNSteps must be'],
  [{ trainTimeInterval: 0 }, 'trainTimeInterval must be'],
  [{ weightsOnly: true }, 'weightsOnly must be given with dirpath'],
  [{ saveOnException: true }, 'saveOnException must be given with dirpath'],
  [{ dirpath: '' }, 'dirpath must be'],
  [{ filename: '{epoch' }, 'brace'],
])('options are checked: %j', (options, message) => {
  expect(() => modelCheckpoint(options as ModelCheckpointOptions)).toThrow(message);
});

test('nothing of training depends on it', async () => {
  const plain = await trained({ epochs: 3 });
  const watched = await trained({ epochs: 3, callbacks: [modelCheckpoint({ monitor: 'val_loss', everyNSteps: 1 })] });
  expect(watched.state).toEqual(plain.state);
  expect(numbers(watched.net.capture().net)).toEqual(numbers(plain.net.capture().net));
});

describe('files', () => {
  async function written(
    options: ModelCheckpointOptions,
    values: readonly number[] = [3, 1, 2, 0],
    disk: Disk = diskOf(),
  ) {
    const net = linearNet();
    const callbacks = [scores(values), modelCheckpoint({ monitor: 'cost', dirpath: 'out/', ...options })];
    const { result } = await trained({ epochs: values.length, callbacks }, { net, at: disk.context(net) });
    return { disk, saved: result.saved!['modelCheckpoint']!, net };
  }

  test('are written when they are kept, and removed when a better one is there', async () => {
    const { disk, saved } = await written({});
    expect(disk.happened).toEqual([
      '+ out/epoch=0-step=4.safetensors',
      '+ out/epoch=1-step=8.safetensors',
      '- out/epoch=0-step=4.safetensors',
      '+ out/epoch=3-step=16.safetensors',
      '- out/epoch=1-step=8.safetensors',
    ]);
    expect(saved.kept.map(({ path }) => path)).toEqual([...disk.files.keys()]);
  });

  test('have the state of that moment', async () => {
    const { disk, net } = await written({ saveTopK: -1 });
    expect(disk.files.size).toBe(4);
    const [w, b] = [numbers(net.capture().net)['w'], numbers(net.capture().net)['b']];
    expect(JSON.parse(disk.files.get('out/epoch=3-step=16.safetensors')!)).toEqual({ w, b, epoch: 4, step: 16 });
    const second = JSON.parse(disk.files.get('out/epoch=1-step=8.safetensors')!) as { w: number; step: number };
    expect(second).toMatchObject({ epoch: 2, step: 8 });
    const shorter = linearNet();
    await trained({ epochs: 2 }, { net: shorter });
    expect(second.w).toBe(numbers(shorter.capture().net)['w']);
  });

  test('are called the same where names are: the new one takes the place of the old one at once', async () => {
    const { disk } = await written({ filename: 'best' });
    expect(disk.happened).toEqual(['+ out/best.safetensors', '+ out/best.safetensors', '+ out/best.safetensors']);
  });

  test('of the last one are there beside the best', async () => {
    const { disk, saved } = await written({ saveLast: true }, [1, 2]);
    expect([...disk.files.keys()]).toEqual(['out/epoch=0-step=4.safetensors', 'out/last.safetensors']);
    expect(JSON.parse(disk.files.get('out/last.safetensors')!)).toMatchObject({ epoch: 2 });
    expect(saved.last!.path).toBe('out/last.safetensors');
  });

  test('have the net only, where that is enough', async () => {
    const { disk, saved } = await written({ weightsOnly: true });
    expect(Object.keys(JSON.parse([...disk.files.values()][0]!) as object)).toEqual(['w', 'b']);
    expect(saved.weightsOnly).toBe(true);
  });

  test('have the averages that were validated, where there are some', async () => {
    const disk = diskOf();
    const net = linearNet();
    const callbacks = [ema({ decay: 0.9 }), modelCheckpoint({ dirpath: 'out' })];
    await trained({ epochs: 3, callbacks }, { net, at: disk.context(net) });
    // A train ends with them.
    expect(JSON.parse(disk.files.get('out/epoch=2-step=12.safetensors')!)).toMatchObject(numbers(net.capture().net));
    const plain = linearNet();
    await trained({ epochs: 3 }, { net: plain });
    expect(numbers(net.capture().net)).not.toEqual(numbers(plain.capture().net));
  });

  test('that are not its own stay', async () => {
    const files = new Map([
      ['out/epoch=0-step=3.safetensors', 'mine'],
      ['out/mine.txt', 'mine'],
    ]);
    const { disk } = await written({}, [3, 2, 1], diskOf(files));
    expect(disk.files.get('out/epoch=0-step=3.safetensors')).toBe('mine');
    expect(disk.files.get('out/mine.txt')).toBe('mine');
    expect(disk.files.size).toBe(3);
  });

  test('of several are kept apart: what one of them has, another does not remove', async () => {
    const disk = diskOf();
    const net = linearNet();
    const checkpoints = [
      modelCheckpoint({ name: 'best', monitor: 'cost', dirpath: 'out' }),
      // Renders the same names.
      modelCheckpoint({
        name: 'all',
        saveTopK: -1,
        dirpath: 'out',
        filename: 'epoch={epoch}-step={step}',
        autoInsertMetricName: false,
      }),
    ];
    await trained({ epochs: 3, callbacks: [scores([3, 2, 1]), ...checkpoints] }, { net, at: disk.context(net) });
    expect(disk.happened.filter((each) => each.startsWith('-'))).toEqual([]);
    expect(disk.files.size).toBe(3);
  });

  test('that two of them would write are refused', async () => {
    for (const [first, second] of [
      [{}, {}],
      [
        { filename: 'a', saveLast: true },
        { filename: 'b', saveLast: true },
      ],
      [
        { filename: 'a', saveOnException: true },
        { filename: 'b', saveOnException: true },
      ],
    ]) {
      const callbacks = [
        modelCheckpoint({ dirpath: 'out/', ...first }),
        modelCheckpoint({ name: 'other', dirpath: 'out', ...second }),
      ];
      await expect(trained({ epochs: 1, callbacks })).rejects.toThrow(
        "callback 'other': dirpath or filename must be another than that of 'modelCheckpoint', which writes there too",
      );
    }
  });

  test('need a host that has some', async () => {
    await expect(trained({ epochs: 1, callbacks: [modelCheckpoint({ dirpath: 'out' })] })).rejects.toMatchObject({
      code: 'FILE_IO',
      message: expect.stringContaining('out/epoch=0-step=4.safetensors') as string,
    });
  });
});

describe('where training throws', () => {
  const exceptions = (disk: Disk) => [...disk.files.keys()].filter((path) => path.includes('exception'));

  async function thrown(hooks: object, options: ModelCheckpointOptions = {}, more: object = {}, disk: Disk = diskOf()) {
    const net = linearNet();
    const controller = new AbortController();
    const stopping = deciding({
      ...hooks,
      ...('abortAt' in hooks
        ? {
            onStepEnd: (ctx: { step: number }) =>
              void (ctx.step === hooks.abortAt && controller.abort(new Error('enough'))),
          }
        : {}),
    });
    const callbacks = [modelCheckpoint({ dirpath: 'out', saveTopK: 0, saveOnException: true, ...options }), stopping];
    const at = disk.context(net, { signal: controller.signal });
    const keep = keeping();
    const run = trained({ epochs: 3, callbacks, ...more }, { net, at, course: keep.course });
    const error = await run.then(
      () => null,
      (cause: Error) => cause,
    );
    return { disk, error, at, ended: await keep.ended() };
  }

  test('a file has where it stood, also when it was stopped by a signal', async () => {
    const { disk, error, ended } = await thrown({ abortAt: 6 });
    expect(error?.message).toBe('enough');
    expect(exceptions(disk)).toEqual(['out/exception-epoch=1-step=6.safetensors']);
    const { w, b } = numbers(ended!.engine.net);
    expect(JSON.parse([...disk.files.values()][0]!)).toEqual({ w, b, epoch: 1, step: 6 });
  });

  test('in the middle of a step, it is that of the last epoch', async () => {
    const failing = {
      onStepEnd: (ctx: { step: number }) => {
        if (ctx.step === 7) throw new Error('broken');
      },
    };
    const { disk, error } = await thrown(failing);
    expect(error?.message).toContain("The callback 'own' threw in onStepEnd: broken");
    expect(exceptions(disk)).toEqual(['out/exception-epoch=0-step=4.safetensors']);
    // Also where snapshots were taken since.
    expect(exceptions((await thrown(failing, { saveTopK: -1, everyNSteps: 1 })).disk)).toEqual([
      'out/exception-epoch=0-step=4.safetensors',
    ]);
  });

  test('at the very end, it has the end', async () => {
    const { disk } = await thrown({
      onFitEnd: () => {
        throw new Error('broken');
      },
    });
    expect(exceptions(disk)).toEqual(['out/exception-epoch=2-step=12.safetensors']);
  });

  test('before anything has moved, there is nothing to write', async () => {
    const { disk } = await thrown({
      onFitStart: () => {
        throw new Error('broken');
      },
    });
    expect(exceptions(disk)).toEqual([]);
  });

  test('a file that can not be written is said; the first error is the one that is thrown', async () => {
    const disk = diskOf();
    disk.broken.add('out/exception-epoch=1-step=6.safetensors');
    const { error, at } = await thrown({ abortAt: 6 }, {}, {}, disk);
    expect(error?.message).toBe('enough');
    expect(at.lines.at(-1)).toContain("out/exception-epoch=1-step=6.safetensors can't be written: the disk is full.");
  });

  test('not where it does not', async () => {
    expect(exceptions((await thrown({})).disk)).toEqual([]);
  });
});

test('a stream that does not seek has no place within an epoch to keep', async () => {
  const samples = [1, 2, 3].map((x) => ({ input: Float64Array.of(x), target: Float64Array.of(2 * x) }));
  const data = iterable(() => samples, { key: 'three' });
  const within = trained({ epochs: 2, callbacks: [modelCheckpoint({ everyNSteps: 1 })] }, { data });
  await expect(within).rejects.toThrow('a callback asked for a checkpoint within an epoch');
  const { result } = await trained({ epochs: 2, callbacks: [modelCheckpoint({})] }, { data });
  expect(places(result.saved!['modelCheckpoint']!.kept)).toEqual(['2 0']);
});

test('ctx.save is for the ends of steps and epochs: elsewhere there is no place to go on from', async () => {
  for (const hook of [
    'onFitStart',
    'onEpochStart',
    'onStepStart',
    'onValidationStart',
    'onValidationEnd',
    'onFitEnd',
  ]) {
    const asking = observing({
      [hook]: (ctx: { save(request: object): void }) =>
        ctx.save({ keeps: [], files: [], outdated: [], weightsOnly: false }),
    });
    await expect(trained({ epochs: 1, callbacks: [asking] })).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining(`ctx.save() in ${hook}`) as string,
    });
  }
});
