import { closeSync, fsyncSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openStore } from 'reprise';
import { atLeast, type Figure, number, reported } from '../harness/figures.js';
import { inTurn, median } from '../harness/turns.js';

/** A state of 1 GB: 32 tensors of 32 MB, stored in parts of 16 MB as every large tensor is. */
const [tensors, tensorSize, part] = [32, 32 * 1024 * 1024, 16 * 1024 * 1024];
const total = tensors * tensorSize;

/** Saving and loading a large state, every byte verified, beside plain files of the same bytes. */
export async function throughputFigures(folder: string, rounds: number): Promise<Figure[]> {
  const state = Array.from({ length: tensors }, (_, i) => filled(new ArrayBuffer(tensorSize), i));
  const plain = join(folder, 'plain');
  let turn = 0;
  const saves = await inTurn(
    {
      plain: { turn: () => writePlain(plain, state) },
      store: { turn: () => save(join(folder, `save-${turn++}`), state) },
    },
    rounds,
  );
  const store = await openStore(join(folder, 'load'));
  const names = await Promise.all(
    state.map((tensor) => Promise.all(partsOf(tensor).map((each) => store.blobs.put(each)))),
  );
  let memory = state.map((tensor) => tensor.slice(0));
  const [one, all] = [new Uint8Array(part), new Uint8Array(total).fill(1)];
  const loads = await inTurn(
    {
      plain: { turn: () => readPlain(plain, all) },
      part: { turn: () => readPlain(plain, one) },
      store: {
        turn: async () => {
          const begun = performance.now();
          memory = await Promise.all(
            names.map((digests, i) => store.blobs.getJoined(digests, memory[i] as ArrayBuffer)),
          );
          return performance.now() - begun;
        },
      },
      fresh: {
        turn: async () => {
          const begun = performance.now();
          await Promise.all(names.map((digests) => store.blobs.getJoined(digests)));
          return performance.now() - begun;
        },
      },
    },
    rounds,
  );
  await store.close();
  const ratio = (a: readonly number[], b: readonly number[]): number =>
    median(a.map((took, i) => took / (b[i] as number)));
  const speed = (times: readonly number[]): string => `${number(total / 1e6 / median(times))} GB/s`;
  return [
    atLeast(
      0.8,
      'save of 1 GB, as a part of a plain write and fsync',
      ratio(saves.plain, saves.store),
      `${speed(saves.store)}, plain ${speed(saves.plain)}`,
    ),
    atLeast(
      0.55,
      'load of 1 GB, as a part of a plain read into a reused buffer of 1 GB',
      ratio(loads.plain, loads.store),
      `into reused memory ${speed(loads.store)}, plain ${speed(loads.plain)}`,
    ),
    reported(
      '  into fresh memory, as a part of the same',
      ratio(loads.plain, loads.fresh),
      `${speed(loads.fresh)}: the first touch of memory`,
    ),
  ];
}

function filled(memory: ArrayBuffer, seed: number): ArrayBuffer {
  const words = new Uint32Array(memory);
  for (let i = 0, x = seed * 2654435761 + 1; i < words.length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    words[i] = x;
  }
  return memory;
}

function partsOf(memory: ArrayBuffer): Uint8Array[] {
  return Array.from({ length: memory.byteLength / part }, (_, i) => new Uint8Array(memory, i * part, part));
}

async function save(folder: string, state: readonly ArrayBuffer[]): Promise<number> {
  const store = await openStore(folder);
  const begun = performance.now();
  await Promise.all(state.flatMap((tensor) => partsOf(tensor).map((each) => store.blobs.put(each))));
  const took = performance.now() - begun;
  await store.close();
  rmSync(folder, { recursive: true });
  settle(dirname(folder));
  return took;
}

function writePlain(path: string, state: readonly ArrayBuffer[]): number {
  rmSync(path, { force: true });
  settle(dirname(path));
  const begun = performance.now();
  const file = openSync(path, 'w');
  for (const tensor of state) for (const each of partsOf(tensor)) writeSync(file, each);
  fsyncSync(file);
  closeSync(file);
  return performance.now() - begun;
}

/** What was removed is given back to the disk with the next commit of its journal: not in the time of the next turn. */
function settle(folder: string): void {
  const entry = openSync(folder, 'r');
  fsyncSync(entry);
  closeSync(entry);
}

function readPlain(path: string, into: Uint8Array): number {
  const begun = performance.now();
  const file = openSync(path, 'r');
  for (let at = 0; at < total; at += part) readSync(file, into, at % into.byteLength, part, at);
  closeSync(file);
  return performance.now() - begun;
}
