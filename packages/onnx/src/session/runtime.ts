import { InstallError } from '@reprise/core';
import type { Tensor } from '@reprise/core';
import type { InferenceSession, Tensor as Value } from 'onnxruntime-node';

export type { InferenceSession, Tensor as Value } from 'onnxruntime-node';

/** What is used of onnxruntime. */
export interface Runtime {
  readonly version: string;
  createSession(model: Uint8Array, threads: number): Promise<InferenceSession>;
  /** A tensor over the same memory. */
  value(tensor: Tensor): Value;
}

/**
 * Loads onnxruntime's native library: about 50 ms, and only here, so that a replay does without.
 * @throws InstallError where it is missing or doesn't fit this machine.
 */
export async function loadRuntime(): Promise<Runtime> {
  const ort = await load();
  return {
    version: ort.env.versions.node ?? ort.env.versions.common,
    createSession: (model, threads) =>
      ort.InferenceSession.create(model, {
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        // A thread that spins while JavaScript works, or a snapshot is written, takes the processor from both: 20 to 30 % of a step on two cores.
        extra: { session: { force_spinning_stop: '1' } },
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
      }),
    value: ({ dtype, shape, data }) => new ort.Tensor(dtype, data as Float32Array, shape),
  };
}

type Ort = typeof import('onnxruntime-node');

async function load(): Promise<Ort> {
  try {
    const module: { readonly default?: Ort } & Ort = await import('onnxruntime-node');
    // A loader that compiles modules to CommonJS may leave the default export out.
    return module.default ?? module;
  } catch (cause) {
    throw new InstallError({
      package: 'onnxruntime-node',
      remedy:
        'Install it with `npm install onnxruntime-node --ignore-scripts` (its CPU binaries are in the package), on Linux, macOS or Windows, x64 or arm64.',
      cause,
    });
  }
}
