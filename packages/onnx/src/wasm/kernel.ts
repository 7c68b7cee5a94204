import type { Algebra, Formula } from './algebra.js';
import { instruction as op, section, text, type, unsigned, vector } from './bytes.js';
import { webAssembly } from './web-assembly.js';

/** The elements that are worked on at a time: four arrays of this length stay in a core's own cache. */
const chunk = 8192;
const chunkBytes = chunk * 4;
const pageBytes = 65536;
const leastNormal = 2 ** -126;

/** `\0asm` and the format's version. */
const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Computes new values of arrays element by element. */
export interface Kernel {
  /**
   * Reads `sources` and writes the formula's results to `targets`; target i belongs to source i + 1 and may be the same array.
   * All have the same length.
   */
  run(sources: readonly Float32Array[], targets: readonly Float32Array[], scalars: readonly number[]): void;
}

/**
 * Compiles a formula to a WebAssembly kernel of four floats at a time. Arrays pass through a small window of its memory, so they can be
 * any arrays. Results are IEEE single precision on every CPU; those too small for a normal float (below 2^−126) become 0, since
 * calculating with them is a hundred times slower and moments of parameters that get no gradient end there.
 */
export function compileKernel(formula: Formula, arrays: number, scalars: number): Kernel {
  const memory = new webAssembly.Memory({ initial: Math.ceil((arrays * chunkBytes) / pageBytes) });
  const module = new webAssembly.Module(Uint8Array.from(assemble(formula, arrays, scalars)));
  const instance = new webAssembly.Instance(module, { reprise: { memory } });
  const compute = instance.exports['compute'] as (bytes: number, ...scalars: number[]) => void;
  const windows = Array.from({ length: arrays }, (_, i) => new Float32Array(memory.buffer, i * chunkBytes, chunk));

  return {
    run(sources, targets, values) {
      const length = sources[0]?.length ?? 0;
      for (let start = 0; start < length; start += chunk) {
        const end = Math.min(start + chunk, length);
        const whole = end - start === length;
        for (let i = 0; i < arrays; i++) windows[i]!.set(whole ? sources[i]! : sources[i]!.subarray(start, end));
        compute((end - start) * 4, ...values);
        for (let i = 1; i < arrays; i++) {
          const result = end - start === chunk ? windows[i]! : windows[i]!.subarray(0, end - start);
          targets[i - 1]!.set(result, start);
        }
      }
    },
  };
}

/** A module with one function, `compute(bytes, ...scalars)`: a loop over the windows. */
function assemble(formula: Formula, arrays: number, scalars: number): number[] {
  const code = new Code(scalars);
  const inputs = Array.from({ length: scalars }, (_, i) => code.before(...op.localGet(1 + i), ...op.splat));
  const elements = Array.from({ length: arrays }, (_, i) =>
    code.inLoop(...op.localGet(code.counter), ...op.load(i * chunkBytes)),
  );
  const results = formula(code, elements, inputs);
  const stores = results.flatMap((result, i) => [
    ...op.localGet(code.counter),
    ...op.localGet(code.flushed(result)),
    ...op.store((i + 1) * chunkBytes),
  ]);
  const body = [
    ...vector([
      [1, type.i32],
      [...unsigned(code.vectors), type.v128],
    ]),
    ...code.prologue,
    ...op.loop,
    ...code.body,
    ...stores,
    ...op.localGet(code.counter),
    ...op.smallConst(16),
    ...op.i32Add,
    ...op.localTee(code.counter),
    ...op.localGet(0),
    ...op.i32LessUnsigned,
    ...op.branchIf(0),
    ...op.end,
    ...op.end,
  ];
  const parameters = [[type.i32], ...Array.from({ length: scalars }, () => [type.f32])];
  return [
    ...header,
    ...section(1, vector([[type.func, ...vector(parameters), ...vector([])]])),
    ...section(2, vector([[...text('reprise'), ...text('memory'), 0x02, 0x00, 0x01]])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...text('compute'), 0x00, 0]])),
    ...section(10, vector([[...unsigned(body.length), ...body]])),
  ];
}

/** Writes instructions; a value is the local variable that holds it. */
class Code implements Algebra<number> {
  readonly prologue: number[] = [];
  readonly body: number[] = [];
  readonly counter: number;
  vectors = 0;
  readonly #small: number;

  constructor(scalars: number) {
    this.counter = scalars + 1;
    this.#small = this.before(...op.constant(leastNormal));
  }

  before(...bytes: readonly number[]): number {
    return this.#assign(this.prologue, bytes);
  }
  inLoop(...bytes: readonly number[]): number {
    return this.#assign(this.body, bytes);
  }
  flushed(a: number): number {
    const isSmall = [...op.localGet(a), ...op.abs, ...op.localGet(this.#small), ...op.lessThan];
    return this.inLoop(...op.localGet(a), ...isSmall, ...op.andNot);
  }

  add(a: number, b: number): number {
    return this.#binary(op.add, a, b);
  }
  sub(a: number, b: number): number {
    return this.#binary(op.sub, a, b);
  }
  mul(a: number, b: number): number {
    return this.#binary(op.mul, a, b);
  }
  div(a: number, b: number): number {
    return this.#binary(op.div, a, b);
  }
  max(a: number, b: number): number {
    return this.#binary(op.max, a, b);
  }
  sqrt(a: number): number {
    return this.inLoop(...op.localGet(a), ...op.sqrt);
  }

  #binary(code: readonly number[], a: number, b: number): number {
    return this.inLoop(...op.localGet(a), ...op.localGet(b), ...code);
  }
  #assign(part: number[], bytes: readonly number[]): number {
    const local = this.counter + 1 + this.vectors++;
    part.push(...bytes, ...op.localSet(local));
    return local;
  }
}
