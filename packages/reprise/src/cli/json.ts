/**
 * One JSON document. Arrays of numbers of any type become arrays, a Map an object (or pairs, where a key is no text), a Set an array, a Date its ISO text,
 * NaN and the infinities their names as texts, and a bigint a number where that is exact, else a text.
 */
export function jsonOf(value: unknown): string {
  return `${JSON.stringify(plain(value) ?? null, null, 2)}\n`;
}

function plain(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, plain);
  if (Array.isArray(value) || value instanceof Set) return Array.from(value as Iterable<unknown>, plain);
  if (value instanceof Map) return ofMap(value as ReadonlyMap<unknown, unknown>);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}

function ofMap(map: ReadonlyMap<unknown, unknown>): unknown {
  const entries = [...map].map(([key, value]) => [key, plain(value)] as const);
  const named = entries.every(([key]) => typeof key === 'string');
  return named
    ? Object.fromEntries(entries as [string, unknown][])
    : entries.map(([key, value]) => [plain(key), value]);
}
