import { sizeOf, stream } from '@reprise/core';
import type { Tensor } from '@reprise/core';
import type { Mask } from '../graph/lower.js';

/** The masks of one compiled step; their memory is used again in every step. */
export class Masks {
  readonly #masks: readonly {
    readonly mask: Mask;
    readonly place: number;
    readonly data: Float32Array;
    readonly bits: Uint32Array;
  }[];

  constructor(masks: readonly Mask[]) {
    this.#masks = masks.map((mask, index) => {
      const size = sizeOf(mask.type.shape);
      // Several dropouts in one layer count from 0.
      const place = masks.slice(0, index).filter(({ layer }) => layer === mask.layer).length;
      return { mask, place, data: new Float32Array(size), bits: new Uint32Array(Math.ceil(size / 2)) };
    });
  }

  /**
   * Fills every mask: a function of (seed, layer, place, step, part). 16 random bits an element, about 7 ns.
   */
  draw(seed: number, step: number, part: number): readonly (readonly [string, Tensor])[] {
    return this.#masks.map(({ mask, place, data, bits }) => {
      // A stream depends on how many counters it has: the only part of a step draws what steps drew before they had parts.
      const counters = part === 0 ? [step, place] : [step, place, part];
      stream(seed, `dropout/${mask.layer}`, ...counters).fillBits(bits);
      const dropped = Math.round(mask.p * 65536);
      const kept = 65536 / (65536 - dropped);
      for (let i = 0, at = 0; at < data.length; i++, at += 2) {
        const word = bits[i]!;
        data[at] = (word & 0xffff) < dropped ? 0 : kept;
        // Beyond the end of an odd length this writes nothing.
        data[at + 1] = word >>> 16 < dropped ? 0 : kept;
      }
      return [mask.name, { dtype: 'float32', shape: mask.type.shape, data }];
    });
  }
}
