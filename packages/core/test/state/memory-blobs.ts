import { createHash } from 'node:crypto';
import type { BlobStore, Digest } from '../../src/index.js';

/** Blobs in memory, and how many bytes were put that were not there. */
export class MemoryBlobs implements BlobStore {
  readonly blobs = new Map<Digest, Uint8Array>();
  readonly added: number[] = [];

  get written(): number {
    return this.added.reduce((sum, size) => sum + size, 0);
  }

  async put(bytes: Uint8Array): Promise<Digest> {
    const digest = `sha256-${createHash('sha256').update(bytes).digest('hex')}` as Digest;
    if (!this.blobs.has(digest)) {
      this.blobs.set(digest, bytes.slice());
      this.added.push(bytes.byteLength);
    }
    return digest;
  }

  async get(digest: Digest): Promise<Uint8Array> {
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) throw new Error(`no blob ${digest}`);
    return bytes.slice();
  }

  async has(digest: Digest): Promise<boolean> {
    return this.blobs.has(digest);
  }

  async getJoined(digests: readonly Digest[]): Promise<ArrayBuffer> {
    const parts = await Promise.all(digests.map((digest) => this.get(digest)));
    return new Uint8Array(parts.flatMap((part) => [...part])).buffer;
  }

  async pin(): Promise<boolean> {
    return true;
  }

  async requireSpace(): Promise<void> {}

  async free(digests: readonly Digest[]): Promise<number> {
    return digests.filter((digest) => this.blobs.delete(digest)).length;
  }

  async delete(digest: Digest): Promise<boolean> {
    return this.blobs.delete(digest);
  }

  async *list(): AsyncIterable<{ digest: Digest; size: number }> {
    for (const [digest, { byteLength: size }] of this.blobs) yield { digest, size };
  }
}
