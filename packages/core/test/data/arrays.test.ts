import { describe, expect, it } from 'vitest';
import { arrays, concat, contentUnchanged, iterable } from '../../src/index.js';
import { batchContext, fingerprinting, plain, testHasher } from './support.js';

const four = (): ReturnType<typeof make> => make();
const make = () =>
  arrays({
    input: { data: Float32Array.from({ length: 24 }, (_, i) => i / 2), shape: [2, 3] },
    target: Uint8Array.of(9, 8, 7, 6),
  });

describe('arrays', () => {
  it('gives the samples that are asked for, in that order, with their shapes', () => {
    expect(plain(four().get(Uint32Array.of(2, 0, 2), batchContext) as never)).toEqual({
      input: {
        dtype: 'float32',
        shape: [3, 2, 3],
        values: [6, 6.5, 7, 7.5, 8, 8.5, 0, 0.5, 1, 1.5, 2, 2.5, 6, 6.5, 7, 7.5, 8, 8.5],
      },
      target: { dtype: 'uint8', shape: [3], values: [7, 9, 7] },
    });
  });

  it('gives neighbours as a view, without a copy', () => {
    const data = Float32Array.of(1, 2, 3, 4);
    const batch = arrays({ input: data }).get(Uint32Array.of(1, 2), batchContext) as ReadonlyMap<
      string,
      { data: Float32Array }
    >;
    expect([...batch.get('input')!.data]).toEqual([2, 3]);
    expect(batch.get('input')!.data.buffer).toBe(data.buffer);
  });

  it('writes into a recycled batch of its own, and never into a view of the data or a batch of another source', () => {
    const data = Float32Array.of(1, 2, 3, 4);
    const source = arrays({ input: data });
    const read = (indices: number[], recycled?: never) =>
      source.get(
        Uint32Array.from(indices),
        recycled === undefined ? batchContext : { ...batchContext, recycled },
      ) as never as ReadonlyMap<string, { data: Float32Array }>;
    const gathered = read([3, 0]);
    const again = read([2, 1], gathered as never);
    expect(again.get('input')!.data).toBe(gathered.get('input')!.data);
    expect([...again.get('input')!.data]).toEqual([3, 2]);

    const view = read([0, 1]);
    expect([...read([3, 2], view as never).get('input')!.data]).toEqual([4, 3]);
    const foreign = arrays({ input: Float32Array.of(7, 8, 9) }).get(Uint32Array.of(2, 0), batchContext);
    read([3, 2], foreign as never);
    expect([...data]).toEqual([1, 2, 3, 4]);
    expect(plain(foreign as never)['input']!.values).toEqual([9, 7]);
    expect([...read([3, 2, 0], gathered as never).get('input')!.data]).toEqual([4, 3, 1]);
  });

  it('keeps every element type, and takes a Buffer for bytes', () => {
    const source = arrays({
      a: BigInt64Array.of(1n, -2n, 3n),
      b: Buffer.from([1, 2, 3]),
      c: Float64Array.of(0.1, 0.2, 0.3),
      d: { data: Int16Array.of(1, 2, 3, 4, 5, 6), shape: [2] },
    });
    const batch = source.get(Uint32Array.of(2, 0), batchContext) as ReadonlyMap<
      string,
      { dtype: string; data: unknown }
    >;
    expect(batch.get('a')).toEqual({ dtype: 'int64', shape: [2], data: BigInt64Array.of(3n, 1n) });
    expect(batch.get('b')).toEqual({ dtype: 'uint8', shape: [2], data: Uint8Array.of(3, 1) });
    expect(batch.get('c')).toEqual({ dtype: 'float64', shape: [2], data: Float64Array.of(0.3, 0.1) });
    expect(batch.get('d')).toEqual({ dtype: 'int16', shape: [2, 2], data: Int16Array.of(5, 6, 1, 2) });
  });

  it('has the fingerprint of its content, whatever holds it', async () => {
    const context = fingerprinting();
    const original = await four().fingerprint(context);
    const larger = new Float32Array(30);
    larger.set(
      Float32Array.from({ length: 24 }, (_, i) => i / 2),
      5,
    );
    const same = arrays({ target: Buffer.from([9, 8, 7, 6]), input: { data: larger.subarray(5, 29), shape: [2, 3] } });
    expect(await same.fingerprint(context)).toBe(original);

    const numbers = Float32Array.from({ length: 24 }, (_, i) => i / 2);
    const others = [
      arrays({ input: { data: numbers, shape: [3, 2] }, target: Uint8Array.of(9, 8, 7, 6) }),
      arrays({ input: { data: numbers, shape: [2, 3] }, target: Uint8Array.of(8, 9, 7, 6) }),
      arrays({ input: { data: numbers, shape: [2, 3] }, target: Int8Array.of(9, 8, 7, 6) }),
      arrays({ input: { data: numbers, shape: [2, 3] }, label: Uint8Array.of(9, 8, 7, 6) }),
      arrays({ input: { data: numbers.slice().reverse(), shape: [2, 3] }, target: Uint8Array.of(9, 8, 7, 6) }),
    ];
    const digests = others.map((other) => other.fingerprint(context));
    expect(new Set([original, ...digests]).size).toBe(6);
  });

  it('is hashed once, for itself and all that is made of it', async () => {
    const hasher = testHasher();
    const context = fingerprinting(hasher);
    const whole = arrays({ input: new Float32Array(100_000) });
    await whole.fingerprint(context);
    const once = hasher.bytes;
    expect(once).toBeGreaterThan(400_000);
    const [most, rest] = whole.split(0.999, 1);
    const made = [rest, whole.subset([0]), whole.map((sample) => sample), concat(whole, whole), rest.map((one) => one)];
    for (const each of [...made, whole]) await each.fingerprint(context);
    expect(hasher.bytes - once).toBeLessThan(10_000);
    for (let i = 0; i < 100; i++) await most.fingerprint(context);
    expect(hasher.bytes - once).toBeLessThan(2 * 400_000);
  });

  it('is another data set where the same memory was filled anew', async () => {
    const context = fingerprinting();
    const data = Float32Array.of(1, 2);
    const before = await arrays({ input: data }).fingerprint(context);
    data.fill(5);
    const after = await arrays({ input: data }).fingerprint(context);
    expect(after).not.toBe(before);
    expect(after).toBe(await arrays({ input: Float32Array.of(5, 5) }).fingerprint(context));
  });

  it('tells whether its memory was written to since it was hashed, whatever was made of it', async () => {
    const data = Float32Array.of(1, 2, 3, 4);
    const whole = arrays({ input: data });
    const other = arrays({ input: Float32Array.of(1) });
    const made = [whole, whole.subset([0]), whole.split(0.5, 1)[1], whole.map((one) => one), concat(other, whole)];
    data[1] = 7;
    expect(made.map(contentUnchanged)).toEqual(made.map(() => true)); // Nothing was hashed yet.
    for (const each of [...made, other]) await each.fingerprint(fingerprinting());
    expect(made.map(contentUnchanged)).toEqual(made.map(() => true));
    data[1] = 2;
    expect(made.map(contentUnchanged)).toEqual(made.map(() => false));
    data[1] = 7;
    expect(made.map(contentUnchanged)).toEqual(made.map(() => true));
    expect(contentUnchanged(other)).toBe(true);
    expect(contentUnchanged(iterable(() => [], { key: 'rows' }))).toBe(true);
    expect(contentUnchanged({ length: 1, fingerprint: () => '' as never, get: () => new Map() })).toBe(true);
  });

  it.each([
    [{ a: new Float32Array(3), b: new Float32Array(4) }, /'a' holds 3 samples, and 'b' 4/],
    [{ a: { data: new Float32Array(5), shape: [2] } }, /5 elements.*multiple of the 2/],
    [{ a: { data: new Float32Array(4), shape: [-2] } }, /shape of a sample of 'a'/],
    [{ a: new Float32Array(0) }, /'a' is empty/],
    [{ a: [1, 2, 3] }, /must be a typed array/],
    [{}, /typed arrays by name/],
  ])('refuses what does not fit: %j', (inputs, message) => {
    expect(() => arrays(inputs as never)).toThrow(message);
  });

  it('refuses an index beyond its end', () => {
    expect(() => four().get(Uint32Array.of(0, 4), batchContext)).toThrow(
      expect.objectContaining({ code: 'DATA_ERROR', indices: [4] }),
    );
  });
});
