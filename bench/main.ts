// `pnpm bench <name>`: a table for people, and the same figures as one JSON object on the last line.
import { accuracyBench } from './accuracy/bench.js';
import { forkBench } from './fork/bench.js';
import { type Figure, show } from './harness/figures.js';
import { Flags, UsageError } from './harness/flags.js';
import { replayBench } from './replay/bench.js';
import { storeBench } from './store/bench.js';
import { trainBench } from './train/bench.js';

interface Bench {
  readonly about: string;
  readonly flags: Readonly<Record<string, 'number' | 'alone'>>;
  run(flags: Flags): Promise<Figure[]>;
}

const benches: Readonly<Record<string, Bench>> = {
  train: {
    about: 'an epoch beside its peers, an optimizer step, memory (some minutes)',
    flags: { '--rounds': 'number', '--with-pytorch': 'alone' },
    run: trainBench,
  },
  accuracy: { about: 'MNIST test accuracy of the examples (some minutes)', flags: {}, run: accuracyBench },
  replay: { about: 'what a replayed script costs', flags: { '--rounds': 'number' }, run: replayBench },
  store: {
    about: 'a snapshot beside training, saving and loading (some minutes)',
    flags: { '--rounds': 'number' },
    run: storeBench,
  },
  fork: { about: 'what a fork on a frozen backbone stores', flags: {}, run: forkBench },
};

const [name, ...args] = process.argv.slice(2);
try {
  const bench = name === undefined ? undefined : benches[name];
  if (name !== undefined && bench === undefined) throw new UsageError(`There is no bench '${name}'.\n\n${list()}`);
  console.log(bench === undefined ? list() : show(await bench.run(new Flags(args, bench.flags))));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

function list(): string {
  const lines = Object.entries(benches).map(([key, { about, flags }]) => {
    const options = Object.entries(flags).map(([flag, kind]) => ` [${flag}${kind === 'number' ? ' n' : ''}]`);
    return `  pnpm bench ${key}${options.join('')}\n      ${about}`;
  });
  return ['Benches:', ...lines].join('\n');
}
