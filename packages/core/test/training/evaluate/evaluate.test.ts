import { describe, expect, test } from 'vitest';
import { accuracy, arrays, l1, meanAbsoluteError, mse, parseEvaluateOptions } from '../../../src/index.js';
import { evaluate } from '../../../src/training/evaluate/evaluate.js';
import { context, linearNet, snapshot } from '../linear-net.js';
import { line, trainingState } from '../support.js';

describe('evaluate', () => {
  test.each([1, 2, 3, 256])('gives the same in batches of %i, and changes nothing', async (batchSize) => {
    const net = linearNet({ w: 1, b: 0 });
    const before = snapshot(net.capture());
    const options = parseEvaluateOptions({ metrics: [meanAbsoluteError()], batchSize });
    expect(await evaluate(context(net), trainingState(), line([0, 1, 2, 4]), options)).toEqual({
      loss: (1 + 4 + 9 + 25) / 4,
      mae: 11 / 4,
    });
    expect(snapshot(net.capture())).toEqual(before);
  });

  test('without a loss there are the metrics alone', async () => {
    const options = parseEvaluateOptions({ metrics: [meanAbsoluteError()] });
    expect(await evaluate(context(linearNet()), trainingState({ loss: null }), line([1]), options)).toEqual({ mae: 3 });
    const without = parseEvaluateOptions({ metrics: [meanAbsoluteError()], loss: null });
    expect(await evaluate(context(linearNet()), trainingState(), line([1]), without)).toEqual({ mae: 3 });
  });

  test('a loss can be given where none was set up', async () => {
    expect(
      await evaluate(
        context(linearNet()),
        trainingState({ loss: null }),
        line([1]),
        parseEvaluateOptions({ loss: mse() }),
      ),
    ).toEqual({ loss: 9 });
  });

  test('nothing to tell is an error', async () => {
    const run = evaluate(context(linearNet()), trainingState({ loss: null }), line([1]), parseEvaluateOptions({}));
    await expect(run).rejects.toMatchObject({ code: 'NO_LOSS' });
  });

  test('a metric that does not fit the outputs says so', async () => {
    const data = arrays({ input: Float64Array.of(1, 2), target: Int32Array.of(0, 1) });
    const run = evaluate(context(linearNet()), trainingState(), data, parseEvaluateOptions({ metrics: [accuracy()] }));
    await expect(run).rejects.toMatchObject({ code: 'DATA_MISMATCH' });
  });

  test.each([
    [{ metric: [] }, /no option 'metric'.*Did you mean 'metrics'/],
    [{ loss: accuracy() }, /loss must be a loss such as crossEntropy\(\)/],
    [{ batchSize: 0 }, /batchSize must be a whole number from 1/],
    [{ loss: l1 }, /called: l1\(…\)/],
  ])('refuses %o', (options, message) => {
    expect(() => parseEvaluateOptions(options)).toThrow(message);
  });
});
