// What trains were logged to is read by others: TensorBoard, and Python's readers of CSV and JSON.
import { type Model, mse, sgd, type TrainResult } from '@reprise/core';
import { csvLogger, jsonlLogger, tensorBoardLogger } from 'reprise';
import { describe, expect, it } from 'vitest';
import { loggingSession, noisy, train, val } from '../loggers/support.js';
import { abortedAfterSteps } from '../support/aborts.js';
import { ask, unavailable } from './python.js';

const reason = unavailable();

type Value = number | string;

/** The points of trains, by key: step and value. */
function pointsOf(
  results: readonly TrainResult[],
  said: (value: number) => Value,
): { readonly [key: string]: readonly (readonly [number, Value])[] } {
  const points: { [key: string]: (readonly [number, Value])[] } = {};
  const add = (key: string, step: number, value: number): void => void (points[key] ??= []).push([step, said(value)]);
  for (const { initial, begun, history, logged = {} } of results) {
    for (const [key, value] of Object.entries(initial ?? {})) add(`val_${key}`, begun!, value);
    for (const { train: own, val: other, step } of history) {
      for (const [key, value] of Object.entries(own)) add(`train_${key}`, step!, value);
      for (const [key, value] of Object.entries(other!)) add(`val_${key}`, step!, value);
    }
    for (const [key, { steps, values }] of Object.entries(logged))
      values.forEach((value, i) => add(key, steps[i]!, value));
  }
  return points;
}

const asText = (value: number): Value => (Number.isFinite(value) ? value : String(value));

describe.skipIf(reason !== undefined)(`other readers${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  it('see each figure of two trains once, one of which was stopped and gone on with', async () => {
    const one = await loggingSession();
    const script = (signal?: AbortSignal) => (model: Model) =>
      model.checkpoint('naïve 1', async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
        const options = { epochs: 3, batchSize: 8, callbacks: noisy() };
        const first = await cp.train(train, val, { ...options, ...(signal && { signal }) });
        return [first, await cp.train(train, val, { ...options, epochs: 1 })] as readonly TrainResult[];
      });
    const loggers = [csvLogger(one.logs), jsonlLogger(one.logs), tensorBoardLogger(one.logs)];
    await expect(one.run(script(abortedAfterSteps(one.counts, 8)), { loggers })).rejects.toThrow('stopped by the test');
    const results = await one.run(script(), { loggers });

    const shown = await ask<{ readonly [tag: string]: readonly (readonly [number, number, Value])[] }>(
      'tensorboard_peer.py',
      one.logs,
      'scalars',
      'toy/naïve 1',
    );
    const scalars = Object.entries(shown).map(
      ([tag, list]) => [tag, list.map(([, step, value]) => [step, value])] as const,
    );
    expect(Object.fromEntries(scalars)).toEqual(pointsOf(results, (value) => asText(Math.fround(value))));

    const read = await ask<{
      readonly csv: readonly { readonly [column: string]: string }[];
      readonly jsonl: readonly { readonly [key: string]: Value }[];
    }>('figures_peer.py', one.logs, 'toy/naïve 1/train-1.csv', 'toy/naïve 1/train-1.jsonl');
    const byKey = (rows: readonly { readonly [key: string]: Value }[]) => {
      const points: { [key: string]: (readonly [number, Value])[] } = {};
      for (const { step, epoch: _, ...values } of rows)
        for (const [key, value] of Object.entries(values))
          if (value !== '')
            (points[key] ??= []).push([Number(step), value === 'NaN' || value === 'Infinity' ? value : Number(value)]);
      return points;
    };
    const expected = pointsOf(results.slice(0, 1), asText);
    expect(byKey(read.csv)).toEqual(expected);
    expect(byKey(read.jsonl)).toEqual(expected);
  });
});
