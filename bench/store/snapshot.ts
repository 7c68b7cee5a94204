import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { adam, arrays, type Engine, Model, mse, openStore } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { atLeast, atMost, type Figure, number, reported } from '../harness/figures.js';
import { median } from '../harness/turns.js';
import { timed, type StepTimes } from './timed-engine.js';

/** Four layers of 1,443 × 1,443 and their Adam moments: 100 MB. */
const width = 1443;
const layers = 4;
/**
 * Behind step 60 the state is stored, behind no other; by step 98 it is. What is usual is the median of the steps from 20 on, before and after: a machine
 * that is faster in one run than in the next says nothing about the snapshot.
 */
const [settled, before, at, after, steps] = [20, 56, 60, 98, 119];

/**
 * What storing a state of 100 MB costs the training beside it: how long the loop stood still, and how much longer the whole took, first touch of
 * memory included: each turn has a model of its own.
 */
export async function snapshotFigures(folder: string, rounds: number): Promise<Figure[]> {
  const blocked: number[] = [];
  const added: number[] = [];
  const synchronous: number[] = [];
  let bytes = 0;
  for (let round = 0; round <= rounds; round++) {
    const store = join(folder, `snapshot-${round}`);
    const plain = await run(join(store, 'plain'), round, false);
    const saving = await run(join(store, 'saving'), round, true);
    const direct = await synchronously(join(store, 'direct'), saving.state);
    bytes = direct.bytes;
    // Memory that a virtual machine has never had before takes several times as long, for any program: the next round finds what this one gives back.
    await rm(store, { recursive: true });
    if (round === 0) continue;
    blocked.push(saving.stood);
    added.push(saving.longer - plain.longer);
    synchronous.push(direct.took);
  }
  const [stood, sync] = [median(blocked), median(synchronous)];
  const range = (all: readonly number[]): string => `${number(Math.min(...all))} to ${number(Math.max(...all))}`;
  const what = `a snapshot of ${number(bytes / 1e6)} MB`;
  return [
    atMost(10, `${what}: the step loop stood still, ms`, stood, range(blocked)),
    atMost(120, `${what}: added to the training, ms`, median(added), `${range(added)}; first touch of memory included`),
    reported('a synchronous save of the same bytes, ms', sync, range(synchronous)),
    atLeast(10, '  as a multiple of what the loop stood still', sync / Math.max(stood, 0.1)),
  ];
}

interface Run {
  /** Milliseconds beyond what is usual in the same run: between the steps, and altogether. */
  readonly stood: number;
  readonly longer: number;
  readonly state: readonly Float32Array[];
}

async function run(store: string, seed: number, snapshot: boolean): Promise<Run> {
  const times: StepTimes = { begun: [], ended: [] };
  const net = (): Engine<unknown> =>
    onnx(() =>
      nn.sequential(Object.fromEntries(Array.from({ length: layers }, (_, i) => [`l${i}`, nn.linear(width, width)]))),
    );
  const kept: Float32Array[] = [];
  const model = await Model.open(
    'bench',
    timed(net(), times, (tensors) => kept.push(...tensors)),
    { store, seed },
  );
  const input = new Float32Array(8 * steps * width).fill(0.01);
  const data = arrays({ input: { data: input, shape: [width] }, target: { data: input, shape: [width] } });
  await model.checkpoint(1, async (cp) => {
    await cp.setup({ loss: mse(), optimizer: adam({ lr: 1e-4 }) });
    const every = { steps: snapshot ? at : steps * 2 };
    await cp.train(data, { epochs: 1, batchSize: 8, progress: 'silent', snapshots: { every } });
  });
  await model.close();
  const all = times.begun.slice(0, -1).map((begun, step) => {
    const next = times.begun[step + 1] as number;
    return { took: next - begun, gap: next - (times.ended[step] as number) };
  });
  const beyondUsual = (key: 'took' | 'gap'): number => {
    const of = (from: number, to: number): number[] => all.slice(from, to).map((each) => each[key]);
    const usual = median([...of(settled, before), ...of(after, steps)]);
    return of(before, after).reduce((sum, each) => sum + each - usual, 0);
  };
  return {
    stood: beyondUsual('gap'),
    longer: beyondUsual('took'),
    state: kept,
  };
}

/** The same bytes stored while nothing else is done: hashed and written, and waited for. */
async function synchronously(
  folder: string,
  tensors: readonly Float32Array[],
): Promise<{ took: number; bytes: number }> {
  const store = await openStore(folder);
  const begun = performance.now();
  await Promise.all(
    tensors.map(({ buffer, byteOffset, byteLength }) =>
      store.blobs.put(new Uint8Array(buffer, byteOffset, byteLength)),
    ),
  );
  const took = performance.now() - begun;
  const bytes = store.blobs.written;
  await store.close();
  return { took, bytes };
}
