import { StoreError } from '@reprise/core';
import { schemaVersion } from './database/schema.js';
import { fileError } from './files/file-error.js';
import type { FileSystem } from './files/file-system.js';
import type { Publisher } from './files/publisher.js';
import type { Layout } from './layout.js';

/** The versions of what is in a store's folder; docs/formats.md describes each. */
export interface Format {
  /** Blob files: their names, places and bytes. */
  readonly blob: number;
  /** Manifests, results, fields: what the codec wrote. */
  readonly record: number;
  /** The tables of log.db. */
  readonly schema: number;
}

const present: Format = { blob: 1, record: 1, schema: schemaVersion };
const parts: readonly (keyof Format)[] = ['blob', 'record', 'schema'];
/** More than any format.json has: a larger file is something else. */
const mostBytes = 65536;

/**
 * What format.json says; undefined in a folder that has none.
 * @throws StoreError `FORMAT_VERSION` where a newer release wrote it, `STORE_CORRUPT` where it can't be understood, `STORE_IO`
 */
export async function readFormat(fs: FileSystem, layout: Layout): Promise<Format | undefined> {
  const path = layout.format;
  let text: string;
  try {
    const size = await fs.size(path);
    if (size === undefined) return undefined;
    text = new TextDecoder().decode(await fs.read(path, Math.min(size, mostBytes)));
  } catch (cause) {
    throw fileError(cause, { doing: 'read', what: 'read its format versions', path });
  }
  const format = parse(text, path);
  for (const part of parts) {
    if (format[part] > present[part]) {
      throw new StoreError(
        'FORMAT_VERSION',
        `The store at ${layout.root} has ${part} format ${format[part]}; this release reads up to ${present[part]}. Upgrade reprise to open it.`,
        { path, expected: present[part], found: format[part] },
      );
    }
  }
  return format;
}

/** Writes format.json where it doesn't say what this release writes. It is the last step of making or upgrading a store. */
export async function writeFormat(publisher: Publisher, layout: Layout, found: Format | undefined): Promise<void> {
  if (found !== undefined && parts.every((part) => found[part] === present[part])) return;
  const path = layout.format;
  try {
    await publisher.publish(path, new TextEncoder().encode(`${JSON.stringify(present)}\n`));
  } catch (cause) {
    throw fileError(cause, { doing: 'write', what: 'write its format versions', path });
  }
}

function parse(text: string, path: string): Format {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, text, cause);
  }
  const numbers = value as Partial<Record<keyof Format, unknown>> | null;
  const [blob, record, schema] = parts.map((part) => numbers?.[part]);
  if (!isVersion(blob) || !isVersion(record) || !isVersion(schema)) throw unreadable(path, text);
  return { blob, record, schema };
}

function isVersion(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function unreadable(path: string, text: string, cause?: unknown): StoreError {
  const expected = JSON.stringify(present);
  return new StoreError(
    'STORE_CORRUPT',
    `${path} does not hold a store's format versions, such as ${expected}. npx reprise repair --rebuild writes it anew; or put the file back from a copy.`,
    { path, expected, found: text.slice(0, 200), cause },
  );
}
