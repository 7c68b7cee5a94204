import { describe, expect, test } from 'vitest';
import { arrays, parsePredictInput, parsePredictOptions } from '../../../src/index.js';
import { predict } from '../../../src/training/predict/predict.js';
import { context, linearNet, snapshot } from '../linear-net.js';
import { line, trainingState } from '../support.js';

const net = () => linearNet({ w: 2, b: 1 });
const options = (batchSize: number) => parsePredictOptions({ batchSize });

describe('predict', () => {
  test.each([1, 2, 7])('gives the outputs of all samples in order, in batches of %i', async (batchSize) => {
    const model = net();
    const before = snapshot(model.capture());
    const input = parsePredictInput(arrays({ input: Float64Array.of(5, -1, 0) }), model.description);
    const { output } = await predict(context(model), trainingState(), input, options(batchSize));
    expect(output).toEqual({ dtype: 'float64', shape: [3, 1], data: Float64Array.of(11, -1, 1) });
    expect(snapshot(model.capture())).toEqual(before);
  });

  test('does not look at labels', async () => {
    const input = parsePredictInput(line([3]), net().description);
    expect((await predict(context(net()), trainingState(), input, options(1)))['output']!.data).toEqual(
      Float64Array.of(7),
    );
  });

  test.each([
    ['a typed array', Float64Array.of(4)],
    ['data with a shape', { data: Float64Array.of(4), shape: [] }],
    ['its inputs by name', { input: Float64Array.of(4) }],
  ])('one sample, as %s, has no dimension for the batch', async (_, sample) => {
    const input = parsePredictInput(sample, net().description);
    const { output } = await predict(context(net()), trainingState(), input, options(1));
    expect(output).toEqual({ dtype: 'float64', shape: [1], data: Float64Array.of(9) });
  });

  test('refuses what is neither data nor a sample, and a bare array where the net has several inputs', () => {
    expect(() => parsePredictInput('test', net().description)).toThrow(/a dataset, or one sample.*"test"/);
    expect(() => parsePredictInput([1, 2], net().description)).toThrow(/an array of 2/);
    expect(() => parsePredictInput(Float32Array.of(1), { inputs: ['left', 'right'] })).toThrow(/left, right/);
  });

  test('says which input the data lack', async () => {
    const input = parsePredictInput(arrays({ image: Float64Array.of(1) }), net().description);
    await expect(predict(context(net()), trainingState(), input, options(1))).rejects.toThrow(
      /takes 'input', and the data have image/,
    );
  });
});
