import { EngineError } from '../graph/engine-error.js';
import type { InferenceSession, Runtime } from './runtime.js';
import type { Program } from './compile.js';
import { Masks } from './masks.js';

/** A program in onnxruntime. */
export interface Loaded {
  readonly program: Program;
  readonly session: InferenceSession;
  readonly masks: Masks;
}

/** Sessions in memory at a time: training and evaluation with full and last batches, of a few losses, and some more. */
const capacity = 24;

/** onnxruntime names nodes as they are written: `pool.max/maxpool_1`, the layer first. */
function refused(cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  const [, layer = ''] = /(?:Node|Name)[ :]*[('"]+([^()'"/]+)\//.exec(why) ?? [];
  const where = layer && ` in layer '${layer}'`;
  throw new EngineError(
    'ENGINE_BUILD',
    `onnxruntime can't compile the net for this batch${where}: ${why} Other sizes or options of the layer may do; a net of this engine's own layers should always compile, so please report it.`,
    { layer, cause },
  );
}

/** Compiled programs by what they were compiled for; the one that was used longest ago goes first. */
export class Programs {
  readonly #runtime: Runtime;
  readonly #threads: number;
  readonly #loaded = new Map<string, Loaded>();

  constructor(runtime: Runtime, threads: number) {
    this.#runtime = runtime;
    this.#threads = threads;
  }

  /** @throws EngineError `ENGINE_BUILD` where onnxruntime refuses the program */
  async get(key: string, compile: () => Program): Promise<Loaded> {
    const known = this.#loaded.get(key);
    if (known) {
      this.#loaded.delete(key);
      this.#loaded.set(key, known);
      return known;
    }
    const program = compile();
    const session = await this.#runtime.createSession(program.model, this.#threads).catch(refused);
    const loaded = { program, session, masks: new Masks(program.masks) };
    this.#loaded.set(key, loaded);
    if (this.#loaded.size > capacity) await this.#release();
    return loaded;
  }

  async dispose(): Promise<void> {
    while (this.#loaded.size > 0) await this.#release();
  }

  async #release(): Promise<void> {
    const oldest = this.#loaded.entries().next();
    if (oldest.done) return;
    const [key, { session }] = oldest.value;
    this.#loaded.delete(key);
    await session.release();
  }
}
