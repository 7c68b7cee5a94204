import { describe, expect, test } from 'vitest';
import {
  accuracy,
  binaryAccuracy,
  type Callback,
  earlyStopping,
  type EarlyStoppingOptions,
  f1,
  type Metric,
  metric,
  meanAbsoluteError,
  parseTrainOptions,
  precision,
  r2,
  recall,
  topK,
} from '../../src/index.js';
import { deciding, observing, trained } from './support.js';

/** A metric whose figures on the validation data are these, epoch by epoch; before the first one it is the worst there is. */
function curve(values: readonly number[], mode: 'min' | 'max' = 'min'): Metric<'curve'> {
  // The first is that before training; after it, each epoch has one on its training data and one on its validation data.
  let asked = 0;
  const next = (): number => {
    const at = asked++;
    if (at === 0) return mode === 'min' ? 1e9 : -1e9;
    return at % 2 === 1 ? 0 : (values[at / 2 - 1] ?? Number.NaN);
  };
  return metric('curve', { mode, init: () => 0, update: (acc: number) => acc, result: next }, { key: 'a curve' });
}

async function stoppedAt(
  values: readonly number[],
  options: Partial<EarlyStoppingOptions> = {},
  mode: 'min' | 'max' = 'min',
): Promise<{ readonly epochs: number; readonly why: string | undefined }> {
  const callbacks = [earlyStopping({ monitor: 'val_curve', ...options })];
  const { result, at } = await trained({ epochs: values.length, metrics: [curve(values, mode)], callbacks });
  return { epochs: result.epochs, why: at.lines.find((each) => each.startsWith('stopped')) };
}

describe('earlyStopping', () => {
  test('stops after so many epochs in a row without a better value', async () => {
    expect(await stoppedAt([5, 4, 4, 4.5, 3, 3, 3, 3, 2])).toEqual({
      epochs: 8,
      why: 'stopped: earlyStopping: no better val_curve for 3 epochs',
    });
    expect(await stoppedAt([5, 4, 4, 1], { patience: 1 })).toEqual({
      epochs: 3,
      why: 'stopped: earlyStopping: no better val_curve for 1 epoch',
    });
    expect(await stoppedAt([5, 4, 3, 2, 1])).toEqual({ epochs: 5, why: undefined });
  });

  test('counts as better what is better by more than minDelta', async () => {
    expect((await stoppedAt([5, 4.5, 3.9, 3.5, 2.8], { patience: 2, minDelta: 1 })).epochs).toBe(5);
    expect(await stoppedAt([5, 4.5, 4.25, 4, 3], { patience: 2, minDelta: 1 })).toEqual({
      epochs: 3,
      why: 'stopped: earlyStopping: no better val_curve by more than 1 for 2 epochs',
    });
  });

  test('takes the way that is better from the metric, unless it is told', async () => {
    const rising = [1, 2, 3, 4, 5, 6];
    expect((await stoppedAt(rising, {}, 'max')).epochs).toBe(6);
    expect((await stoppedAt(rising, {}, 'min')).epochs).toBe(4);
    expect((await stoppedAt(rising, { mode: 'min' }, 'max')).epochs).toBe(4);
    expect((await stoppedAt(rising, { mode: 'max' }, 'min')).epochs).toBe(6);
  });

  test('stops at a value that is no number, unless it is told that such a one is only not better', async () => {
    const curves = [
      [Number.NaN, 'NaN'],
      [Infinity, 'Infinity'],
      [-Infinity, '-Infinity'],
    ] as const;
    for (const [value, said] of curves) {
      expect(await stoppedAt([5, value, 4, 3])).toEqual({
        epochs: 2,
        why: `stopped: earlyStopping: val_curve became ${said}`,
      });
      const patient = { stopOnNaN: false, patience: 2 };
      expect((await stoppedAt([value, 5, value, 4, value, 3], patient)).epochs).toBe(6);
      expect((await stoppedAt([5, value, value, 3], patient)).epochs).toBe(3);
      expect((await stoppedAt([value, value, 3], patient)).epochs).toBe(2);
    }
  });

  test('stops at once where a threshold is reached, or one is passed for the worse', async () => {
    expect(await stoppedAt([5, 4, 2, 1], { stoppingThreshold: 2 })).toEqual({
      epochs: 3,
      why: 'stopped: earlyStopping: val_curve has reached 2',
    });
    expect(await stoppedAt([5, 9, 9.5, 1], { divergenceThreshold: 9 })).toEqual({
      epochs: 3,
      why: 'stopped: earlyStopping: val_curve is worse than 9',
    });
    expect((await stoppedAt([1, 2, 4, 9], { stoppingThreshold: 4 }, 'max')).epochs).toBe(3);
    expect((await stoppedAt([5, 4, 3, 9], { divergenceThreshold: 3.5 }, 'max')).epochs).toBe(3);
  });

  test('stops where `patience` does on the same curve', async () => {
    const curves = [
      [5, 4, 4, 4.5, 3, 3, 3, 3, 2],
      [5, 6, 7, 4, 5, 5, 5],
      [5, 4.9, 4.8, 4.7, 4.6, 3],
      [1, 1, 1, 1, 1],
      [3, Number.NaN, 2, Number.NaN, Number.NaN, Number.NaN, 1],
    ];
    for (const values of curves) {
      for (const mode of ['min', 'max'] as const) {
        for (const patience of [1, 2, 3]) {
          for (const minDelta of [0, 0.5]) {
            const option = await trained({
              epochs: values.length,
              metrics: [curve(values, mode)],
              watch: 'curve',
              patience,
              minDelta,
            });
            const callback = await stoppedAt(values, { patience, minDelta, stopOnNaN: false }, mode);
            expect(callback.epochs).toBe(option.result.epochs);
          }
        }
      }
    }
  });

  test('looks at what a callback logs, that comes before it', async () => {
    const logs = deciding({ onEpochEnd: (ctx) => ctx.log('gap', [3, 2, 2, 2, 1][ctx.epoch]!) }, 'logs');
    const stops = earlyStopping({ monitor: 'gap', patience: 2 });
    expect((await trained({ epochs: 5, callbacks: [logs, stops] })).result).toMatchObject({
      stopped: 'callback',
      epochs: 4,
    });
    await expect(trained({ epochs: 5, callbacks: [stops, logs] })).rejects.toThrow(
      /no 'gap' to monitor\. There is .*has to come before one that monitors it/,
    );
    const byName = deciding({ onStepEnd: (ctx) => ctx.log('probe_acc', ctx.step) }, 'logs');
    const more = [byName, earlyStopping({ monitor: 'probe_acc', patience: 2 })];
    expect((await trained({ epochs: 5, callbacks: more })).result.stopped).toBe('epochs');
  });

  test('several have names, and the first one to stop does', async () => {
    const callbacks = [
      earlyStopping({ monitor: 'val_curve', patience: 3 }),
      earlyStopping({ monitor: 'val_curve', patience: 2, name: 'impatient' }),
    ];
    const { result, at } = await trained({ epochs: 9, metrics: [curve([1, 1, 1, 1, 1, 1])], callbacks });
    expect(result.epochs).toBe(3);
    expect(at.lines.at(-1)).toBe('stopped: impatient: no better val_curve for 2 epochs');
    const same = [earlyStopping({ monitor: 'val_loss' }), earlyStopping({ monitor: 'train_loss' })];
    expect(() => parseTrainOptions({ epochs: 1, callbacks: same }, { validation: true })).toThrow(
      /without two of the name 'earlyStopping'/,
    );
  });

  test('of what nothing can log is refused before training, naming what is near', async () => {
    const parse = (monitor: string, more: readonly Callback[] = [], validation = true): unknown =>
      parseTrainOptions(
        { epochs: 1, metrics: [meanAbsoluteError()], callbacks: [...more, earlyStopping({ monitor })] },
        { validation },
      );
    expect(() => parse('val_los')).toThrow(
      /train\(\) callback 'earlyStopping': monitor must be .*val_mae.*perhaps 'val_loss'/,
    );
    expect(() => parse('val_loss', [], false)).toThrow(/it has no validation data/);
    // A callback that only observes may log it, which then is not looked at.
    expect(() => parse('gap', [observing({ onEpochEnd: (ctx) => ctx.log('gap', 1) })])).toThrow(/monitor must be/);
    expect(() => parse('gap', [deciding({ onEpochEnd: (ctx) => ctx.log('gap', 1) })])).not.toThrow();
  });

  test('of what is never logged is refused at the end of the first epoch, naming what is near', async () => {
    const logs = deciding({ onEpochEnd: (ctx) => ctx.log('gap', 1) });
    const run = trained({ epochs: 3, callbacks: [logs, earlyStopping({ monitor: 'gop' })] });
    await expect(run).rejects.toMatchObject({ code: 'INVALID_OPTION', nearest: 'gap' });
    await expect(run).rejects.toThrow(/after epoch 0 there is no 'gop' to monitor\. Did you mean 'gap'\?/);
  });

  test.each([
    [{}, /monitor/],
    [{ monitor: '' }, /monitor/],
    [{ monitor: 'val_loss', patience: 0 }, /patience/],
    [{ monitor: 'val_loss', minDelta: -1 }, /minDelta/],
    [{ monitor: 'val_loss', mode: 'auto' }, /mode/],
    [{ monitor: 'val_loss', stopOnNaN: 1 }, /stopOnNaN/],
    [{ monitor: 'val_loss', stoppingThreshold: Number.NaN }, /stoppingThreshold/],
    [{ monitor: 'val_loss', name: 'a/b' }, /name/],
    [{ monitor: 'val_loss', patients: 3 }, /Did you mean 'patience'/],
    [undefined, /monitor/],
  ])('%o is refused', (options, why) => {
    const parse = (): unknown =>
      parseTrainOptions({ epochs: 1, callbacks: [earlyStopping(options as never)] }, { validation: true });
    expect(parse).toThrow(why);
  });
});

test('a hook asks which way a score is better, and is told what the metric says', async () => {
  const metrics = [accuracy(), topK(3), binaryAccuracy(), precision(), recall(), f1(), meanAbsoluteError(), r2()];
  const modes = Object.fromEntries(metrics.map(({ name, mode }) => [`val_${name}`, mode]));
  const told: { [name: string]: string } = {};
  const asks = observing({
    onFitStart: ({ better }) => {
      for (const name of [...Object.keys(modes), 'val_loss', 'own_accuracy', 'gap']) told[name] = better(name);
      throw new Error('enough');
    },
  });
  await expect(trained({ epochs: 1, metrics, callbacks: [asks] })).rejects.toThrow('enough');
  expect(told).toEqual({ ...modes, val_loss: 'min', own_accuracy: 'max', gap: 'min' });
});
