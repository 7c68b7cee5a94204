import {
  adam,
  arrays,
  concat,
  cosine,
  type Dataset,
  huber,
  l1,
  lambda,
  linearWarmup,
  type Loss,
  type Metric,
  meanAbsoluteError,
  meanSquaredError,
  metric,
  mse,
  type Optimizer,
  reduceOnPlateau,
  type Scheduler,
  sgd,
  stepLR,
  stream,
  type TensorSample,
} from '@reprise/core';
import type { DataSpec, LossSpec, MetricSpec, OptimizerSpec, SchedulerSpec } from './script.js';

type Mapped = { readonly input: Float32Array; readonly target: Float32Array };
type MapFunction = (sample: TensorSample, context: { readonly index: number; readonly rng: () => number }) => Mapped;

/** A data set as a script makes it. */
export function dataOf(spec: DataSpec): Dataset {
  switch (spec.kind) {
    case 'line':
      return line(spec);
    case 'map':
      return dataOf(spec.of).map(mapFunction(spec), { deps: { by: spec.by } });
    case 'concat':
      return concat(dataOf(spec.of), dataOf(spec.also));
    case 'subset':
      return dataOf(spec.of).subset({ start: spec.start, end: spec.end });
    case 'split':
      return dataOf(spec.of).split(spec.fraction, spec.seed)[spec.part];
  }
}

function line({ samples, seed, shift }: Extract<DataSpec, { kind: 'line' }>): Dataset {
  const input = new Float32Array(samples * 3);
  stream(seed, 'oracle/line').fillUniform(input, -1, 1);
  const target = Float32Array.from(
    { length: samples },
    (_, i) => shift + 0.5 * (input[3 * i] as number) - (input[3 * i + 1] as number) * 2 * (input[3 * i + 2] as number),
  );
  return arrays({ input: { data: input, shape: [3] }, target: { data: target, shape: [1] } });
}

/** Each function is written in two ways, which have to count as one. `by` is given in `deps`. */
function mapFunction({ fn, by, style }: Extract<DataSpec, { kind: 'map' }>): MapFunction {
  const written: { readonly [name: string]: readonly [MapFunction, MapFunction] } = {
    scale: [
      (sample) => ({
        input: Float32Array.from(sample['input']!.data as Float32Array, (x) => x * by),
        target: sample['target']!.data as Float32Array,
      }),
      (s) => {
        // Said in another way, with another name.
        return {
          input: Float32Array.from(s['input']!.data as Float32Array, (v) => v * by),
          target: s['target']!.data as Float32Array,
        };
      },
    ],
    jitter: [
      (sample, { rng }) => ({
        input: Float32Array.from(sample['input']!.data as Float32Array, (x) => x + by * (rng() - 0.5)),
        target: sample['target']!.data as Float32Array,
      }),
      (each, { rng }) => ({
        input: Float32Array.from(each['input']!.data as Float32Array, (value) => value + by * (rng() - 0.5)),
        target: each['target']!.data as Float32Array,
      }),
    ],
    index: [
      (sample, { index }) => ({
        input: sample['input']!.data as Float32Array,
        target: Float32Array.of((sample['target']!.data[0] as number) + by * index),
      }),
      (one, { index }) => ({
        input: one['input']!.data as Float32Array,
        target: Float32Array.of((one['target']!.data[0] as number) + by * index),
      }),
    ],
  };
  return (written[fn] as readonly MapFunction[])[style] as MapFunction;
}

export function lossFrom(spec: LossSpec): Loss {
  if (spec.kind === 'huber') return huber({ delta: spec.delta });
  return spec.kind === 'l1' ? l1() : mse();
}

export function optimizerFrom(spec: OptimizerSpec): Optimizer {
  if (spec.kind === 'adam') return adam({ lr: spec.lr, weightDecay: spec.weightDecay });
  return sgd({ lr: spec.lr, momentum: spec.momentum });
}

export function schedulerFrom(spec: SchedulerSpec): Scheduler {
  switch (spec.kind) {
    case 'stepLR':
      return stepLR({ stepSize: spec.stepSize, gamma: spec.gamma });
    case 'cosine':
      return cosine({ tMax: spec.tMax });
    case 'linearWarmup':
      return linearWarmup({ steps: spec.steps });
    case 'reduceOnPlateau':
      return reduceOnPlateau({ monitor: spec.monitor, patience: spec.patience, factor: 0.5 });
    case 'lambda': {
      const { decay } = spec;
      const written = [
        (t: number) => decay ** t,
        (count: number) => {
          return decay ** count;
        },
      ];
      return lambda(written[spec.style] as (t: number) => number, { deps: { decay } });
    }
  }
}

export function metricFrom(spec: MetricSpec): Metric {
  switch (spec.kind) {
    case 'mae':
      return meanAbsoluteError();
    case 'mse':
      return meanSquaredError();
    case 'batches':
      return metric('batches', {
        mode: 'max',
        init: () => 0,
        update: (count: number) => count + 1,
        result: (count: number) => count,
      });
    case 'far': {
      const { margin } = spec;
      return metric(
        'far',
        {
          mode: 'min',
          init: () => 0,
          update: (count: number, { output, target }) =>
            count + output.data.filter((y, i) => Math.abs(Number(y) - Number(target.data[i])) > margin).length,
          result: (count: number) => count,
        },
        { deps: { margin } },
      );
    }
  }
}
