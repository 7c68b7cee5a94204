import { StoreError } from '@reprise/core';
import type { BlobStore, Digest, PutElsewhere } from '@reprise/core';
import type { Database } from '../database/database.js';
import { fileError } from '../files/file-error.js';
import type { FileSystem } from '../files/file-system.js';
import { Limit } from '../files/limit.js';
import type { Publisher } from '../files/publisher.js';
import { requireSpace } from '../files/space.js';
import type { DiskHasher } from '../hasher.js';
import { blobPath } from '../layout.js';
import type { Layout } from '../layout.js';
import type { Owner } from '../owners/owner.js';
import { type BlobRow, BlobRows } from './blob-rows.js';
import { type Lending, type LentPart, publishLent } from './lent.js';
import type { BlobFile } from './remove-files.js';

/** Open files at a time: enough to keep the thread pool busy, far from any limit on descriptors. */
const mostFiles = 32;
/** Bytes from which on handing memory to another thread costs less than hashing it here. */
const elsewhereFrom = 1024 * 1024;
/** Larger ones are written only after a look at the space that is left. */
const smallFile = 1024 * 1024;
/** So many of those at a time, each hashed when its turn comes: all at once, they would be hashed first and then compete for the disk. */
const mostLarge = 4;

export interface DiskBlobStoreParts {
  readonly layout: Layout;
  readonly hasher: DiskHasher;
  readonly fileSystem: FileSystem;
  readonly publisher: Publisher;
  readonly database: Database;
  readonly owner: Owner;
}

/**
 * Blobs as read-only files, and a row for each that is durable. A file without a row doesn't count: it may be what a crash left.
 * Besides the port's errors, every method throws StoreError `STORE_CLOSED`, `STORE_CORRUPT` and `STORE_BUSY`, as the index does.
 */
export class DiskBlobStore implements BlobStore {
  readonly #parts: DiskBlobStoreParts;
  readonly #rows: BlobRows;
  readonly #limit = new Limit(mostFiles);
  readonly #large = new Limit(mostLarge);
  readonly #storing = new Map<Digest, Promise<Digest>>();
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;
  #written = 0;

  constructor(parts: DiskBlobStoreParts) {
    this.#parts = parts;
    this.#rows = new BlobRows(parts.database, parts.owner);
  }

  get written(): number {
    return this.#written;
  }

  async put(bytes: Uint8Array, known?: Digest): Promise<Digest> {
    this.#checkOpen();
    if (bytes.byteLength <= smallFile) return this.#put(bytes, known);
    const putting = this.#putLarge(bytes, known);
    this.#underWay.add(putting);
    return putting.finally(() => this.#underWay.delete(putting));
  }

  async #putLarge(bytes: Uint8Array, known: Digest | undefined): Promise<Digest> {
    // What is stored waits for nobody.
    if (known !== undefined) {
      const { file } = blobPath(this.#parts.layout, known);
      if (await this.#reading(file, () => this.#isPinned(known, file))) return known;
    }
    return this.#large.run(() => this.#put(bytes, known));
  }

  async #put(bytes: Uint8Array, known: Digest | undefined): Promise<Digest> {
    const digest = known ?? this.#parts.hasher.digest(bytes);
    let storing = this.#storing.get(digest);
    if (storing === undefined) {
      storing = this.#store(digest, bytes).finally(() => this.#storing.delete(digest));
      this.#storing.set(digest, storing);
    }
    return storing;
  }

  async putElsewhere(
    memories: readonly ArrayBuffer[],
    digests: readonly (readonly Digest[])[],
    part: number,
  ): Promise<PutElsewhere> {
    if (this.#closed) return { memories, failure: closed(this.#parts.layout.root) };
    const putting = this.#putLent(memories, digests, part);
    this.#underWay.add(putting);
    return putting.finally(() => this.#underWay.delete(putting));
  }

  async get(digest: Digest): Promise<Uint8Array> {
    this.#checkOpen();
    const row = await this.#row(digest);
    const bytes = new Uint8Array(row.size);
    await this.#fill(row, bytes);
    this.#compare(row, this.#parts.hasher.digest(bytes));
    return bytes;
  }

  /** The same without a mark where it can't be read: undefined then. */
  async peek(digest: Digest): Promise<Uint8Array | undefined> {
    this.#checkOpen();
    const { fileSystem, hasher } = this.#parts;
    const path = blobPath(this.#parts.layout, digest).file;
    const size = await this.#reading(path, () => fileSystem.size(path));
    if (size === undefined || size !== this.#rows.find(digest)?.size) return undefined;
    const bytes = await this.#reading(path, () => fileSystem.read(path, size));
    return hasher.digest(bytes) === digest ? bytes : undefined;
  }

  async getJoined(digests: readonly Digest[], memory?: ArrayBuffer): Promise<ArrayBuffer> {
    this.#checkOpen();
    const rows = await Promise.all(digests.map((digest) => this.#row(digest)));
    const size = rows.reduce((sum, row) => sum + row.size, 0);
    const joined = memory?.byteLength === size ? memory : new ArrayBuffer(size);
    let at = 0;
    const parts = rows.map((row) => {
      const path = blobPath(this.#parts.layout, row.digest).file;
      return { offset: (at += row.size) - row.size, size: row.size, from: path };
    });
    const { hasher, fileSystem } = this.#parts;
    if (!fileSystem.isDirect || size < elsewhereFrom) {
      const bytes = parts.map(({ offset, size: length }) => new Uint8Array(joined, offset, length));
      await Promise.all(rows.map((row, i) => this.#fill(row, bytes[i] as Uint8Array)));
      rows.forEach((row, i) => this.#compare(row, hasher.digest(bytes[i] as Uint8Array)));
      return joined;
    }
    const reading = hasher.readElsewhere(joined, parts);
    const read = await this.#reading(parts[0]?.from ?? '', () => reading);
    rows.forEach((row, i) => this.#compare(row, read.digests[i] ?? 'fewer bytes'));
    return read.memory;
  }

  async pin(digests: readonly Digest[]): Promise<boolean> {
    this.#checkOpen();
    const pinned = await Promise.all(digests.map((digest) => this.#rows.pin(digest)));
    return !pinned.includes(false);
  }

  async has(digest: Digest): Promise<boolean> {
    this.#checkOpen();
    return this.#rows.find(digest)?.damaged === 0;
  }

  async requireSpace(bytes: number): Promise<void> {
    this.#checkOpen();
    await requireSpace(this.#parts.fileSystem, this.#parts.layout.root, bytes);
  }

  async delete(digest: Digest): Promise<boolean> {
    this.#checkOpen();
    const path = blobPath(this.#parts.layout, digest).file;
    try {
      return this.#rows.delete(digest, this.#file(path));
    } catch (cause) {
      throw fileError(cause, { doing: 'write', what: 'remove a blob', path });
    }
  }

  async free(digests: readonly Digest[]): Promise<number> {
    this.#checkOpen();
    const freeing = this.#rows.free([...new Set(digests)], (digest) =>
      this.#file(blobPath(this.#parts.layout, digest).file),
    );
    this.#underWay.add(freeing);
    try {
      return await freeing;
    } catch (cause) {
      throw fileError(cause, { doing: 'write', what: 'remove blobs', path: this.#parts.layout.blobs });
    } finally {
      this.#underWay.delete(freeing);
    }
  }

  async *list(): AsyncGenerator<{ readonly digest: Digest; readonly size: number }> {
    this.#checkOpen();
    for (const { digest, size, damaged } of this.#rows.list()) {
      if (damaged === 0) yield { digest, size };
    }
  }

  /** Takes no more calls, and waits for the writes in flight. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#storing.values(), ...this.#underWay]);
  }

  #file(path: string): BlobFile {
    const { fileSystem } = this.#parts;
    return { sizeNow: () => fileSystem.sizeNow(path), removeNow: () => fileSystem.removeNow(path) };
  }

  async #store(digest: Digest, bytes: Uint8Array): Promise<Digest> {
    const { fileSystem, layout } = this.#parts;
    const { folder, file } = blobPath(layout, digest);
    const publish = async (): Promise<void> => {
      await this.#parts.publisher.folder(folder);
      await this.#limit.run(async () => {
        if (bytes.byteLength > smallFile) await requireSpace(fileSystem, layout.root, bytes.byteLength);
        await this.#parts.publisher.publish(file, bytes);
      });
    };
    try {
      if (await this.#isPinned(digest, file)) return digest;
      await this.#rows.add(digest, bytes.byteLength, this.#file(file), publish);
      this.#written += bytes.byteLength;
      return digest;
    } catch (cause) {
      throw fileError(cause, { doing: 'write', what: 'store a blob', path: file });
    }
  }

  async #putLent(
    memories: readonly ArrayBuffer[],
    digests: readonly (readonly Digest[])[],
    part: number,
  ): Promise<PutElsewhere> {
    const { hasher, fileSystem, publisher, layout } = this.#parts;
    const lending: Lending = {
      hasher: fileSystem.isDirect ? hasher : null,
      publisher,
      layout,
      rows: this.#rows,
      fileOf: (path) => this.#file(path),
    };
    const failed = (cause: unknown): unknown =>
      fileError(cause, { doing: 'write', what: 'store a blob', path: layout.blobs });
    let lacking: readonly (readonly LentPart[])[];
    try {
      lacking = await this.#lacking(memories, digests, part);
      const bytes = lacking.flat().reduce((sum, { size }) => sum + size, 0);
      if (bytes > smallFile) await requireSpace(fileSystem, layout.root, bytes);
    } catch (cause) {
      return { memories, failure: failed(cause) };
    }
    if (lacking.every((parts) => parts.length === 0)) return { memories, failure: null };
    const { memories: back, failure } = await publishLent(memories, lacking, lending);
    if (failure !== null) return { memories: back, failure: failed(failure) };
    this.#written += lacking.flat().reduce((sum, { size }) => sum + size, 0);
    return { memories: back, failure };
  }

  /** The parts that are not stored yet, each once. What is stored is pinned. */
  async #lacking(
    memories: readonly ArrayBuffer[],
    digests: readonly (readonly Digest[])[],
    part: number,
  ): Promise<readonly (readonly LentPart[])[]> {
    const all = memories.map(({ byteLength }, i) =>
      (digests[i] ?? []).map((digest, j) => {
        const offset = j * part;
        return { digest, offset, size: Math.min(part, byteLength - offset) };
      }),
    );
    const lacking = new Set<Digest>();
    await Promise.all(
      [...new Set(all.flat().map(({ digest }) => digest))].map(async (digest) => {
        const { file } = blobPath(this.#parts.layout, digest);
        if (!(await this.#isPinned(digest, file))) lacking.add(digest);
      }),
    );
    return all.map((parts) => parts.filter(({ digest }) => lacking.delete(digest)));
  }

  /** Whether it is stored, and pinned by now. */
  async #isPinned(digest: Digest, path: string): Promise<boolean> {
    return (await this.#isStored(digest, path)) && (await this.#rows.pin(digest));
  }

  /** Only a row tells that a file is durable; a look at its size notices one that is gone or cut off since. */
  async #isStored(digest: Digest, path: string): Promise<boolean> {
    const row = this.#rows.find(digest);
    return row?.damaged === 0 && (await this.#parts.fileSystem.size(path)) === row.size;
  }

  /** The row of a blob whose file has the size that it says: no memory is taken for what is not there. */
  async #row(digest: Digest): Promise<BlobRow> {
    const row = this.#rows.find(digest);
    if (row === undefined) throw missing(digest, 'is not in this store');
    const path = blobPath(this.#parts.layout, digest).file;
    const size = await this.#reading(path, () => this.#parts.fileSystem.size(path));
    if (size === undefined) {
      this.#markDamaged(digest, () => this.#file(path).sizeNow() === undefined);
      throw missing(digest, `is recorded, but its file ${path} is gone`, path);
    }
    if (size !== row.size) throw this.#corrupt(digest, path, `${row.size} bytes`, `${size} bytes`);
    return row;
  }

  /** Reads a blob's file into memory of its size. */
  async #fill({ digest, size }: BlobRow, memory: Uint8Array): Promise<void> {
    const path = blobPath(this.#parts.layout, digest).file;
    const read = (): Promise<number> => this.#parts.fileSystem.readInto(path, memory);
    const found = await this.#limit.run(() => this.#reading(path, read));
    if (found !== size) throw this.#corrupt(digest, path, `${size} bytes`, `${found} bytes`);
  }

  async #reading<T>(path: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      throw fileError(cause, { doing: 'read', what: 'read a blob', path });
    }
  }

  #compare({ digest }: BlobRow, found: string): void {
    if (found === digest) return;
    throw this.#corrupt(digest, blobPath(this.#parts.layout, digest).file, digest, found);
  }

  #corrupt(digest: Digest, path: string, expected: string, found: string): StoreError {
    this.#markDamaged(digest);
    return new StoreError(
      'BLOB_CORRUPT',
      `The blob ${digest} is damaged: ${path} should hold ${expected}, and holds ${found}. ` +
        `Its bytes were not used. ${remedy}`,
      { subject: digest, path, expected, found },
    );
  }

  #markDamaged(digest: Digest, isStill: () => boolean = () => true): void {
    try {
      this.#rows.damage(digest, isStill);
    } catch {
      // The mark saves the next reader a look. This one learns of the damage either way.
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw closed(this.#parts.layout.root);
  }
}

function closed(path: string): StoreError {
  return new StoreError('STORE_CLOSED', `The store at ${path} was closed. Open it again, or close it later.`, { path });
}

const remedy =
  "A state that needs it can't be read. Run the script that recorded it: it computes the state again, from the nearest one that can be read. " +
  'Or heal it from a copy: npx reprise repair --from <folder>.';

function missing(digest: Digest, what: string, path?: string): StoreError {
  return new StoreError('BLOB_MISSING', `The blob ${digest} ${what}. ${remedy}`, {
    subject: digest,
    ...(path === undefined ? {} : { path }),
  });
}
