import { type Figure, atLeast, atMost, missing, number, reported } from '../harness/figures.js';
import { inTurn, median, medianRatio, type Times } from '../harness/turns.js';
import { Worker } from '../harness/worker.js';
import { startPytorch } from '../peers/pytorch/start.js';
import { startTfjs, tfjsSamples } from '../peers/tfjs/start.js';
import { type Net, type NetName, nets } from './nets.js';

export interface EpochOptions {
  readonly rounds: number;
  readonly pytorch: boolean;
}

type Name = 'reprise' | 'engine' | 'probe' | 'pytorch' | 'tfjs';

/** An epoch of a net: reprise's train(), the engine's step alone, and the peers, one process each, in turn. */
export async function epochFigures(name: NetName, options: EpochOptions): Promise<Figure[]> {
  const net = nets[name];
  const workers: Partial<Record<Name, Worker>> = {};
  const failed: Figure[] = [];
  try {
    workers.reprise = await Worker.node(new URL('contenders/reprise.ts', import.meta.url), [name]);
    workers.engine = await Worker.node(new URL('contenders/engine.ts', import.meta.url), [name]);
    workers.probe = await Worker.node(new URL('../peers/probe/main.ts', import.meta.url), [name]);
    if (options.pytorch) workers.pytorch = await startPytorch(name);
    if (name === 'mlp') {
      const tfjs = await startTfjs().catch((error: unknown) => String(error));
      if (typeof tfjs === 'string') failed.push(missing('mlp epoch, tfjs wasm / reprise', 10, tfjs));
      else workers.tfjs = tfjs;
    }
    const present = workers as Readonly<Record<Name, Worker>>;
    const times = await inTurn(present, options.rounds, (round) =>
      console.log(`${net.title}: round ${round + 1} of ${options.rounds}`),
    );
    describe(net, present, times);
    return [...figuresOf(name, net, times), ...failed];
  } finally {
    await Promise.all(Object.values(workers).map((worker) => worker.end()));
  }
}

function figuresOf(name: NetName, net: Net, times: Times<Name>): Figure[] {
  const { reprise, engine, probe, pytorch, tfjs } = times as Partial<Times<Name>> &
    Times<'reprise' | 'engine' | 'probe'>;
  const epoch = `${name} epoch`;
  return [
    atMost(1.1, `${epoch}, reprise / probe`, medianRatio(reprise, probe), `${ms(reprise)} and ${ms(probe)}`),
    reported(`${epoch}, engine step alone / probe`, medianRatio(engine, probe), ms(engine)),
    ...(pytorch === undefined
      ? []
      : [atMost(1, `${epoch}, reprise / PyTorch`, medianRatio(reprise, pytorch), ms(pytorch))]),
    ...(tfjs === undefined
      ? []
      : [
          atLeast(
            10,
            `${epoch}, tfjs wasm / reprise`,
            medianRatio(tfjs, reprise) * (net.samples / tfjsSamples),
            `tfjs on ${number(tfjsSamples)} samples, scaled to ${number(net.samples)}`,
          ),
        ]),
  ];
}

function describe(net: Net, workers: Readonly<Record<string, Worker>>, times: Times<string>): void {
  console.log(`\n${net.title}, ${number(net.samples)} samples an epoch, Adam, batches of 64`);
  for (const [name, worker] of Object.entries(workers)) {
    const all = times[name] ?? [];
    console.log(
      `  ${name.padEnd(8)} median ${ms(all)}, ${number(Math.min(...all))} to ${number(Math.max(...all))} ms; ${worker.note}`,
    );
  }
  console.log('');
}

function ms(times: readonly number[]): string {
  return `${number(median(times))} ms`;
}
