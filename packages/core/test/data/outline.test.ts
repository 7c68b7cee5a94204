import { describe, expect, it } from 'vitest';
import { arrays, concat, dataset, iterable, outlineOfData, UnrecordableValueError } from '../../src/index.js';
import type { DataSource, FingerprintContext, Outline, SampleStream } from '../../src/index.js';
import { fingerprinting, testHasher } from './support.js';

const input = (factor = 1) => Float32Array.from({ length: 12 }, (_, i) => factor * i);
const six = (factor = 1) =>
  arrays({ input: { data: input(factor), shape: [2] }, target: Uint8Array.of(1, 2, 3, 4, 5, 6) });

const context: FingerprintContext = fingerprinting();
const outlined = (data: DataSource | SampleStream): Promise<Outline> => outlineOfData(data, context);

const text = (pattern: RegExp): unknown => expect.stringMatching(pattern);

/** Where the outlines of two data sets differ. */
async function differing(a: DataSource | SampleStream, b: DataSource | SampleStream): Promise<readonly string[]> {
  const [one, other] = [await outlined(a), await outlined(b)];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((path) => one[path] !== other[path]);
}

describe('the outline of a data set', () => {
  it('says of each array its type, its shape and its content', async () => {
    expect(await outlined(six())).toEqual({
      input: text(/^float32 \[6, 2\] sha256-[0-9a-f]{8}$/),
      target: text(/^uint8 \[6\] sha256-[0-9a-f]{8}$/),
    });
  });

  it('differs in the one array that is another', async () => {
    expect(await differing(six(), six(2))).toEqual(['input']);
    const bytes = arrays({ input: { data: input(), shape: [2] }, target: Int8Array.of(1, 2, 3, 4, 5, 6) });
    expect(await differing(six(), bytes)).toEqual(['target']);
    const flat = arrays({ input: { data: input(), shape: [1, 2] }, target: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    expect(await differing(six(), flat)).toEqual(['input']);
  });

  it('hashes no array again once it is fingerprinted', async () => {
    const hasher = testHasher();
    const data = six().map((sample) => sample);
    await data.fingerprint(fingerprinting(hasher));
    const hashed = hasher.bytes;
    await outlineOfData(data, fingerprinting(hasher));
    expect(hasher.bytes).toBe(hashed);
  });

  it('differs in a function alone where that is another, and not by comments, names and format', async () => {
    const one = six().map((sample) => ({ input: sample.input.data.map((x) => 2 * x), target: sample.target }));
    const commented = six().map((s) => ({
      // Twice.
      input: s.input.data.map((value) => 2 * value),
      target: s.target,
    }));
    const thrice = six().map((sample) => ({ input: sample.input.data.map((x) => 3 * x), target: sample.target }));
    expect(await differing(one, commented)).toEqual([]);
    expect(await differing(one, thrice)).toEqual(['map']);
  });

  it('differs in a function where only its deps do, and in the small values among them', async () => {
    const shifted = (shift: number) => six().map((sample) => ({ ...sample, shift: shift }), { deps: { shift } });
    expect(await differing(shifted(1), shifted(2))).toEqual(['map', 'map.shift']);
    const keyed = (shift: number) => six().map((sample) => sample, { key: 'shift', deps: { shift } });
    expect(await differing(keyed(1), keyed(2))).toEqual(['map', 'map.shift']);
  });

  it('says the key of a function that has one', async () => {
    expect((await outlined(six().map((sample) => sample, { key: 'noise-v1' })))['map']).toBe('noise-v1');
  });

  it('counts maps of maps from the inside out', async () => {
    const twice = (key: string) =>
      six()
        .map((sample) => sample, { key: 'first' })
        .map((sample) => sample, { key });
    expect(await outlined(twice('second'))).toMatchObject({ map: 'first', 'map 2': 'second' });
    expect(await differing(twice('second'), twice('other'))).toEqual(['map 2']);
  });

  it('keeps an array that is called as a part is', async () => {
    const named = arrays({ map: Float32Array.of(1, 2) }).map((sample) => sample, { key: 'same' });
    expect(await outlined(named)).toEqual({ map: text(/^float32 \[2\]/), 'map 2': 'same' });
  });

  it('differs in the selection alone where other samples are taken', async () => {
    expect((await outlined(six().subset([1, 2])))['subset']).toMatch(/^2 of 6, sha256-[0-9a-f]{8}$/);
    expect(await differing(six().subset([1, 2]), six().subset([1, 3]))).toEqual(['subset']);
    expect(await differing(six().split(0.5, 1)[0], six().split(0.5, 2)[0])).toEqual(['subset']);
    expect(await differing(six().subset([1, 2]), six().subset({ start: 1, end: 3 }))).toEqual([]);
  });

  it('has the parts of joined data by number, whatever they are made of', async () => {
    const joined = (factor: number) => concat<never>(six() as never, six(factor).subset([0]) as never);
    expect(Object.keys(await outlined(joined(1)))).toEqual(['1.input', '1.target', '2.input', '2.target', '2.subset']);
    expect(await differing(joined(1), joined(2))).toEqual(['2.input']);
    const mapped = concat(
      six().map((sample) => sample, { key: 'a' }),
      six().map((sample) => sample, { key: 'a' }),
    );
    expect(await outlined(mapped)).toMatchObject({ '1.map': 'a', '2.map': 'a' });
  });

  it('is the key and the length where those stand for the content', async () => {
    expect(await outlined(iterable(() => [], { key: 'rows-v1', length: 5 }))).toEqual({ key: 'rows-v1', length: 5 });
    expect(await outlined(iterable(() => [], { key: 'rows-v1' }))).toEqual({ key: 'rows-v1' });
    expect(await outlined(dataset({ key: 'own', length: 3, get: () => new Map() }))).toEqual({ key: 'own', length: 3 });
  });
});

describe('the outline of a source of one’s own', () => {
  /** Counts how often it is asked. */
  const own = (outline?: () => unknown): DataSource & { asked: number } => {
    const source = {
      asked: 0,
      length: 2,
      get: () => new Map(),
      fingerprint: ({ hasher }: FingerprintContext) => hasher.digest(Uint8Array.of(1)),
      ...(outline && { outline: () => (source.asked++, outline() as Outline) }),
    };
    return source;
  };

  it('is empty where the source has none', async () => {
    expect(await outlined(own())).toEqual({});
    expect(await outlined(dataset(own()).subset([1]))).toEqual({ subset: text(/^1 of 2/) });
  });

  it('is part of what is made of it', async () => {
    const source = own(() => ({ rows: 1000, table: 'users' }));
    const outline = await outlined(dataset(source).map((sample) => sample, { key: 'same' }));
    expect(outline).toEqual({ rows: 1000, table: 'users', map: 'same' });
  });

  it('is not asked for by fingerprint()', async () => {
    const source = own(() => ({ rows: 1000 }));
    const data = dataset(source);
    const mapped = data.map((sample) => sample).subset([0]);
    await concat(mapped, mapped).fingerprint(context);
    expect(source.asked).toBe(0);
    await outlined(mapped);
    expect(source.asked).toBe(1);
  });

  it('is refused where it is no object, or holds what can’t be recorded', async () => {
    await expect(outlined(own(() => 'a table'))).rejects.toThrow(
      /outline\(\) of a data set gives small values by name/,
    );
    await expect(outlined(own(() => ({ rows: () => 1 })))).rejects.toThrow(UnrecordableValueError);
  });
});
