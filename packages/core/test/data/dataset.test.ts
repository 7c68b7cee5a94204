import { describe, expect, it } from 'vitest';
import { arrays, concat, dataset, permutation, stream } from '../../src/index.js';
import type { Batch, DataSource } from '../../src/index.js';
import { batchContext, collect, fingerprinting, plain, testHasher, valuesOf } from './support.js';
import { batches } from '../../src/index.js';

const ten = () => arrays({ input: Float32Array.from({ length: 10 }, (_, i) => i) });

describe('subset and split', () => {
  it('takes samples by index, with repetition, or by range', async () => {
    expect(await valuesOf(ten().subset([7, 1, 7]))).toEqual([7, 1, 7]);
    expect(await valuesOf(ten().subset({ start: 8 }))).toEqual([8, 9]);
    expect(await valuesOf(ten().subset({ end: 2 }))).toEqual([0, 1]);
    expect(await valuesOf(ten().subset({ start: 2, end: 6 }).subset([3, 0]))).toEqual([5, 2]);
  });

  it('is the same data set however it was come by: by hand, by range, or drawn again from equal data', async () => {
    const context = fingerprinting();
    const [most, rest] = ten().split(0.7, 3);
    const indices = await valuesOf(rest);
    expect(await ten().subset(indices).fingerprint(context)).toBe(await rest.fingerprint(context));
    expect(await ten().split(0.7, 3)[0].fingerprint(context)).toBe(await most.fingerprint(context));
    const doubled = (): DataSource => arrays({ input: Float32Array.from({ length: 10 }, (_, i) => 2 * i) });
    const sets: DataSource[] = [
      ten(),
      most,
      rest,
      ten().split(0.7, 4)[0],
      dataset(doubled()).subset(indices),
      ten().subset([...indices, 0]),
      concat(most, rest),
      concat(rest, most),
      concat(concat(most, rest), rest),
      concat(most, concat(rest, rest)),
    ];
    const prints = sets.map((set) => set.fingerprint(context));
    expect(new Set(prints).size).toBe(sets.length);
  });

  it('is the same data set however the same samples were named', async () => {
    const context = fingerprinting();
    const range = await ten().subset({ start: 1, end: 4 }).fingerprint(context);
    expect(await ten().subset([1, 2, 3]).fingerprint(context)).toBe(range);
    expect(await ten().subset([1, 3, 2]).fingerprint(context)).not.toBe(range);
  });

  it('refuses samples that are not there, and nothing at all', () => {
    expect(() => ten().subset([10])).toThrow(/no sample 10.*has 10/);
    expect(() => ten().subset([0.5])).toThrow(/no sample 0.5/);
    expect(() => ten().subset([])).toThrow(/empty/);
    expect(() => ten().subset({ start: 5, end: 11 })).toThrow(/at most 10/);
    expect(() => ten().subset({ from: 5 } as never)).toThrow(/no option 'from'/);
  });

  it('splits into two parts that share nothing and miss nothing, by seed', async () => {
    const [most, rest] = ten().split(0.7, 3);
    expect([most.length, rest.length]).toEqual([7, 3]);
    const both = [...(await valuesOf(most)), ...(await valuesOf(rest))];
    expect(both.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await valuesOf(ten().split(0.7, 3)[1])).toEqual(await valuesOf(rest));
    const seeds = await Promise.all(Array.from({ length: 8 }, (_, seed) => valuesOf(ten().split(0.7, seed)[1])));
    expect(new Set(seeds.map(String)).size).toBeGreaterThan(4);
    expect(() => ten().split(1, 0)).toThrow(/both sides/);
    expect(() => ten().split(0.01, 0)).toThrow(/both sides/);
    expect(() => ten().split(0.5, -1)).toThrow(/seed/);
  });
});

describe('concat', () => {
  it('finds each sample in its part, in any order', async () => {
    const joined = concat(ten(), arrays({ input: Float32Array.of(100, 101) }), ten().subset([5]));
    expect(joined.length).toBe(13);
    expect(await valuesOf(joined, 'input', [11, 0, 12, 10, 9, 11])).toEqual([101, 0, 5, 100, 9, 101]);
    expect(await valuesOf(joined, 'input', [11, 10])).toEqual([101, 100]);
  });

  it('refuses parts of different form, saying how they differ', () => {
    const joined = concat<never>(ten() as never, arrays({ input: { data: new Float32Array(4), shape: [2] } }) as never);
    expect(() => joined.get(Uint32Array.of(0, 10), batchContext)).toThrow(/float32 \[\].*float32 \[2\]/);
  });

  it('has another fingerprint in another order', async () => {
    const context = fingerprinting();
    const other = () => arrays({ input: Float32Array.of(1) });
    const one = await concat(ten(), other()).fingerprint(context);
    expect(await concat(ten(), other()).fingerprint(context)).toBe(one);
    expect(await concat(other(), ten()).fingerprint(context)).not.toBe(one);
  });
});

describe('map', () => {
  it('gives what the function makes of each sample, with its shapes and types', async () => {
    const images = arrays({ input: { data: Float32Array.of(1, 2, 3, 4), shape: [2] }, target: Uint8Array.of(5, 6) });
    const mapped = images.map(({ input, target }, { index }) => ({
      both: { data: Float64Array.from([...input.data, target.data[0]!]), shape: [3, 1] },
      index,
      copy: target.data,
      kept: input,
    }));
    expect(plain(await mapped.get(Uint32Array.of(1, 0), batchContext))).toEqual({
      both: { dtype: 'float64', shape: [2, 3, 1], values: [3, 4, 6, 1, 2, 5] },
      index: { dtype: 'int32', shape: [2], values: [1, 0] },
      copy: { dtype: 'uint8', shape: [2, 1], values: [6, 5] },
      kept: { dtype: 'float32', shape: [2, 2], values: [3, 4, 1, 2] },
    });
  });

  it('gives the type of the array that the function made, not of the one that it was made of', async () => {
    const images = arrays({ input: { data: Uint8Array.of(0, 64, 128, 255), shape: [2] } });
    const scaled = images.map(({ input }) => ({
      input: { ...input, data: Float32Array.from(input.data, (x) => x / 255) },
    }));
    const values = [0, Math.fround(64 / 255), Math.fround(128 / 255), 1];
    const expected = { input: { dtype: 'float32', shape: [2, 2], values } };
    expect(plain(await scaled.get(Uint32Array.of(0, 1), batchContext))).toEqual(expected);
    const whole = images.map(({ input }) => ({ input: { ...input, data: BigInt64Array.from(input.data, BigInt) } }));
    expect((await whole.get(Uint32Array.of(1), batchContext)).get('input')).toEqual({
      dtype: 'int64',
      shape: [1, 2],
      data: BigInt64Array.of(128n, 255n),
    });
  });

  it('leaves bool as it is, and lets it become another type', async () => {
    const masks = dataset({
      key: 'masks',
      length: 2,
      get: (indices) => new Map([['mask', { dtype: 'bool', shape: [indices.length], data: Uint8Array.from(indices) }]]),
    });
    const negated = masks.map(({ mask }) => ({
      mask: { ...mask!, data: Uint8Array.from(mask!.data as Uint8Array, (x) => 1 - x) },
    }));
    expect(plain(await negated.get(Uint32Array.of(0, 1), batchContext))).toEqual({
      mask: { dtype: 'bool', shape: [2], values: [1, 0] },
    });
    const real = masks.map(({ mask }) => ({ mask: { ...mask!, data: Float32Array.from(mask!.data as Uint8Array) } }));
    expect(plain(await real.get(Uint32Array.of(0, 1), batchContext))).toEqual({
      mask: { dtype: 'float32', shape: [2], values: [0, 1] },
    });
  });

  it('takes asynchronous functions', async () => {
    expect(await valuesOf(ten().map(async ({ input }) => ({ input: Float32Array.of(input.data[0]! * 2) })))).toEqual(
      Array.from({ length: 10 }, (_, i) => 2 * i),
    );
  });

  it('lets the function write to what it gets without touching the data', async () => {
    const data = Float32Array.of(1, 2, 3);
    const negated = arrays({ input: data }).map(({ input }) => {
      input.data[0] = -input.data[0]!;
      return { input };
    });
    expect(await valuesOf(negated)).toEqual([-1, -2, -3]);
    expect(await valuesOf(negated)).toEqual([-1, -2, -3]);
    expect([...data]).toEqual([1, 2, 3]);

    const bytes = Buffer.from([1, 2, 3]);
    const get = (): Batch => new Map([['input', { dtype: 'uint8', shape: [3], data: bytes }]]);
    const raised = dataset({ key: 'bytes', length: 3, get }).map(({ input }) => {
      input!.data[0] = 9;
      return { input: input! };
    });
    expect(await valuesOf(raised)).toEqual([9, 9, 9]);
    expect([...bytes]).toEqual([1, 2, 3]);
  });

  it('gives each sample its own random numbers: the same in each run, whatever the batches, others in each epoch', async () => {
    const noisy = concat(ten(), ten()).map((_, { rng }) => ({ input: Float64Array.of(rng(), rng()) }));
    const run = async (batchSize: number, epoch: number): Promise<number[]> => {
      const plan = { batchSize, shuffle: false, seed: 1, epoch, signal: new AbortController().signal };
      return (await collect(batches(noisy, plan))).flat();
    };
    const whole = await run(20, 0);
    expect(new Set(whole).size).toBe(40);
    expect(await run(3, 0)).toEqual(whole);
    expect(await run(20, 1)).not.toEqual(whole);
  });

  it('gives each map of a chain numbers of its own, whatever else takes part in it', async () => {
    const plan = { batchSize: 3, shuffle: true, seed: 1, epoch: 2, signal: new AbortController().signal };
    const first = ten().map(({ input }, { rng }) => ({ input, a: Float64Array.of(rng()) }));
    const second = concat(first.subset({ end: 4 }), first.subset({ start: 4 })).map((sample, { rng }) => ({
      ...sample,
      b: Float64Array.of(rng()),
    }));
    const third = second.map((sample, { rng }) => ({ ...sample, c: Float64Array.of(rng()) }));
    const drawn = async (name: string, batchSize: number): Promise<number[]> =>
      (await collect(batches(third, { ...plan, batchSize }), name)).flat();
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => drawn(name, 3)));
    expect(new Set([...a!, ...b!, ...c!]).size).toBe(30);
    expect(await Promise.all(['a', 'b', 'c'].map((name) => drawn(name, 7)))).toEqual([a, b, c]);

    // docs/formats.md: `augment`, epoch, sample, depth, counted from the outermost.
    const order = [...permutation(1, 2, 10)];
    const documented = (depth: number) => order.map((index) => stream(1, 'augment', 2, index, depth).uniform());
    expect([c, b, a]).toEqual([0, 1, 2].map(documented));
  });

  it('draws differently for the same sample in two places of what is iterated', async () => {
    const noisy = () => arrays({ input: Float32Array.of(1) }).map((_, { rng }) => ({ input: Float64Array.of(rng()) }));
    const plan = { batchSize: 2, shuffle: false, seed: 1, epoch: 0, signal: new AbortController().signal };
    const [[a, b]] = (await collect(batches(concat(noisy(), noisy()), plan))) as [number[]];
    expect(a).not.toBe(b);
    const [[c, d]] = (await collect(batches(noisy().subset([0, 0]), plan))) as [number[]];
    expect(c).not.toBe(d);
  });

  it('is fingerprinted by the function: formatting does not count, what it does and what it closes over do', async () => {
    const context = fingerprinting();
    const source = ten();
    const factor = 2;
    const of = (set: DataSource): Promise<string> => Promise.resolve(set.fingerprint(context));
    // prettier-ignore
    const one = await of(source.map(({ input }) => { return { input: Float32Array.of(input.data[0]! + 1) }; }));
    const formatted = source.map(({ input }) => {
      // A comment.
      return { input: Float32Array.of(input.data[0]! + 1) };
    });
    expect(await of(formatted)).toBe(one);
    expect(await of(source.map(({ input }) => ({ input: Float32Array.of(input.data[0]! + 2) })))).not.toBe(one);
    const scaled = ({ input }: { input: { data: Float32Array } }) => ({
      input: Float32Array.of(input.data[0]! * factor),
    });
    const twice = await of(source.map(scaled, { deps: { factor: 2 } }));
    expect(await of(source.map(scaled, { deps: { factor: 3 } }))).not.toBe(twice);
    await expect(of(source.map(scaled))).rejects.toThrow(/factor/);
    const keyed = await of(source.map(scaled, { key: 'double' }));
    expect(await of(source.map(() => ({ input: 1 }), { key: 'double' }))).toBe(keyed);
    expect(() => source.map(scaled, { dep: {} } as never)).toThrow(/Did you mean 'deps'/);
  });

  it('counts a data set among the deps of its function by its content', async () => {
    const context = fingerprinting();
    const shifted = (by: number): DataSource => {
      const others = arrays({ input: Float32Array.of(by) });
      return ten().map(({ input }) => ({ input: Float32Array.of(input.data[0]! + others.length) }), {
        deps: { others },
      });
    };
    expect(await shifted(1).fingerprint(context)).toBe(await shifted(1).fingerprint(context));
    expect(await shifted(2).fingerprint(context)).not.toBe(await shifted(1).fingerprint(context));
  });

  it.each([
    ['a real number', () => ({ input: 0.5 }), /Float32Array\.of/],
    ['a string', () => ({ input: 'x' }), /must be a number, a typed array/],
    ['another shape', (index: number) => ({ input: new Float32Array(index + 1) }), /float32 \[2\].*float32 \[1\]/],
    [
      'another type',
      (index: number) => ({ input: index === 0 ? new Float32Array(1) : new Float64Array(1) }),
      /float64.*float32/,
    ],
    ['other names', (index: number) => (index === 0 ? { input: 1 } : { output: 1 }), /'output'.*'input'/],
    ['too few elements', () => ({ input: { data: new Float32Array(3), shape: [2, 2] } }), /3 elements.*holds 4/],
    ['no object', () => 5, /must be an object/],
  ])('refuses a sample with %s, saying which', async (_, fn, message) => {
    const mapped = ten().map((_sample, { index }) => fn(index) as never);
    expect(() => mapped.get(Uint32Array.of(0, 1), batchContext)).toThrow(message);
    expect(() => mapped.get(Uint32Array.of(0, 1), batchContext)).toThrow(
      expect.objectContaining({ code: 'DATA_MISMATCH' }),
    );
  });

  it('says on which sample the function failed, and keeps its error', async () => {
    const cause = new Error('no such pixel');
    const fails = ten().map((_, { index }) => {
      if (index === 4) throw cause;
      return { input: 1 };
    });
    const failsLater = ten().map(async (_, { index }) => {
      if (index === 4) throw cause;
      return { input: 1 };
    });
    const expected: unknown = expect.objectContaining({ code: 'DATA_ERROR', indices: [4], cause });
    expect(() => fails.get(Uint32Array.of(3, 4), batchContext)).toThrow(expected);
    await expect(failsLater.get(Uint32Array.of(3, 4), batchContext)).rejects.toThrow(expected);
  });
});

describe('dataset', () => {
  it('takes a source with a declared key and length in place of a fingerprint', async () => {
    const context = fingerprinting();
    const get = (indices: Uint32Array) =>
      new Map([['input', { dtype: 'uint32' as const, shape: [indices.length], data: indices }]]);
    const one = dataset({ key: 'rows-v1', length: 5, get });
    expect(await valuesOf(one)).toEqual([0, 1, 2, 3, 4]);
    expect(await valuesOf(one.subset([3]))).toEqual([3]);
    const print = (key: string, length: number) => dataset({ key, length, get }).fingerprint(context);
    expect(print('rows-v1', 5)).toBe(one.fingerprint(context));
    expect(new Set([print('rows-v1', 5), print('rows-v2', 5), print('rows-v1', 6)]).size).toBe(3);
    expect(() => dataset({ length: 5, get } as never)).toThrow(/key/);
  });

  it('asks a source for its fingerprint once, and again only where it failed', async () => {
    let asked = 0;
    const { hasher, files } = fingerprinting(testHasher());
    const source = dataset({
      length: 1,
      get: () => new Map(),
      fingerprint: async (context) => {
        asked += 1;
        if (asked === 1) throw new Error('offline');
        return context.hasher.digest(Uint8Array.of(1));
      },
    });
    await expect(source.fingerprint({ hasher, files })).rejects.toThrow('offline');
    const first = await source.fingerprint({ hasher, files });
    expect(await source.fingerprint({ hasher, files })).toBe(first);
    expect(asked).toBe(2);
  });

  it('refuses tensors that are none, or of another type than they say', () => {
    const giving = (tensor: unknown) =>
      dataset({ key: 'k', length: 2, get: () => new Map([['input', tensor]]) as never });
    const get = (tensor: unknown) => () => giving(tensor).get(Uint32Array.of(0, 1), batchContext);
    const refused = (message: RegExp): unknown =>
      expect.objectContaining({ code: 'DATA_MISMATCH', message: expect.stringMatching(message) as string });
    const ints = Int32Array.of(1, 2);
    expect(get({ dtype: 'float32', shape: [2], data: ints })).toThrow(refused(/'input' is said to be float32.*int32/));
    expect(get({ dtype: 'bool', shape: [2], data: ints })).toThrow(refused(/bool.*int32/));
    expect(get({ shape: [2], data: ints })).toThrow(refused(/'input' has no dtype.*int32/));
    expect(get({ dtype: 'float32', shape: [2], data: [1, 2] })).toThrow(refused(/must be a tensor/));
    expect(get(ints)).toThrow(refused(/must be a tensor/));
    expect(get(null)).toThrow(refused(/must be a tensor/));
    expect(get({ dtype: 'bool', shape: [2], data: Uint8Array.of(0, 1) })).not.toThrow();
  });

  it('is not given memory to write to that it may have kept', async () => {
    const kept = new Map<string, Batch>();
    const inner = ten();
    const caching = dataset({
      key: 'cached',
      length: 10,
      get: (indices, context) => {
        const batch = kept.get(String(indices)) ?? (inner.get(indices, context) as Batch);
        kept.set(String(indices), batch);
        return batch;
      },
    });
    const plan = {
      batchSize: 2,
      shuffle: true,
      seed: 1,
      epoch: 0,
      signal: new AbortController().signal,
      recycle: true,
    };
    const order = [...permutation(1, 0, 10)];
    expect((await collect(batches(caching, plan))).flat()).toEqual(order);
    expect((await collect(batches(caching, plan))).flat()).toEqual(order);
  });

  it('refuses a batch that holds another number of samples than asked for', () => {
    const short = dataset({
      key: 'k',
      length: 5,
      get: () => new Map([['input', { dtype: 'uint8', shape: [1], data: new Uint8Array(1) }]]),
    });
    expect(() => short.get(Uint32Array.of(0, 1), batchContext)).toThrow(/'input' has the shape \[1\].*must be 2/);
  });
});
