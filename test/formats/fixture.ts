import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Outcome } from './script.js';

/** A store as a release wrote it, and what its script had returned. */
export interface Fixture {
  readonly schema: number;
  /** By path in the store's folder, in base64. */
  readonly files: Readonly<Record<string, string>>;
  /** As JSON, with what JSON lacks written out. */
  readonly outcome: string;
}

export const fixtures: URL = new URL('stores/', import.meta.url);

export async function readFixture(name: string): Promise<Fixture> {
  return JSON.parse(gunzipSync(await readFile(new URL(name, fixtures))).toString()) as Fixture;
}

export async function writeFixture(name: string, folder: string, schema: number, outcome: Outcome): Promise<void> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files: Record<string, string> = {};
  for (const entry of names) {
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length + 1)] = (await readFile(path)).toString('base64');
  }
  const fixture: Fixture = { schema, files, outcome: textOf(outcome) };
  await mkdir(fixtures, { recursive: true });
  await writeFile(new URL(name, fixtures), gzipSync(JSON.stringify(fixture), { level: 9 }));
}

/** Puts the files of a fixture into a folder. */
export async function unpack({ files }: Fixture, folder: string): Promise<void> {
  for (const name of ['blobs', 'tmp']) await mkdir(join(folder, name), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), Buffer.from(content, 'base64'));
  }
}

/** Equal texts, equal outcomes: typed arrays, Maps and NaN included. */
export function textOf(outcome: Outcome): string {
  return JSON.stringify(outcome, (_, value: unknown) => {
    if (ArrayBuffer.isView(value)) return { [value.constructor.name]: Array.from(value as Float32Array, String) };
    if (value instanceof Map) return { map: [...value] };
    // A decoded record has lost the order of its keys.
    if (isObject(value)) return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
