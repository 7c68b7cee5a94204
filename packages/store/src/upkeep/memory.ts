/** Memory that is read into again and again: the first touch of fresh memory takes several times as long as reading does. */
export class Memory {
  readonly #free: ArrayBuffer[] = [];

  /** Lends so many bytes to `work`, which must not keep them. What is in them is left from before. */
  async use<T>(size: number, work: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    const last = this.#free.pop();
    const memory = last !== undefined && last.byteLength >= size ? last : new ArrayBuffer(size);
    try {
      return await work(new Uint8Array(memory, 0, size));
    } finally {
      this.#free.push(memory);
    }
  }
}
