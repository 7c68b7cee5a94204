import type { BlobStore } from '../ports/blob-store.js';
import type { LoadedNet } from '../ports/engine.js';
import type { Head } from '../replay/chain.js';
import { readManifest } from '../state/capture.js';
import { blobsOfManifest, type Manifest } from '../state/manifest.js';
import type { TrainingState } from '../state/training-state.js';
import type { Tensors } from '../values/tensor.js';
import type { LiveNet } from './live-net.js';
import { isUnreadable } from '../state/unreadable.js';
import type { Recovery } from './recovery.js';

/** The states of heads. One that can't be read is computed again, where this run has made the call that led to it. */
export class States {
  readonly #live: LiveNet;
  readonly #blobs: BlobStore;
  readonly #recovery: Recovery;

  constructor(live: LiveNet, blobs: BlobStore, recovery: Recovery) {
    this.#live = live;
    this.#blobs = blobs;
    this.#recovery = recovery;
  }

  /** Brings it into the engine. */
  at(head: Head): Promise<{ readonly net: LoadedNet; readonly training: TrainingState }> {
    return this.#recovering(head, () => this.#live.at(head.state));
  }

  /** The tensors of its net, which nobody writes to. */
  netOf(head: Head): Promise<Tensors> {
    return this.#recovering(head, () => this.#live.netOf(head.state));
  }

  async manifestOf(head: Head): Promise<Manifest> {
    // What is not logged yet is known only here.
    const { manifest, record } = head.op;
    if (manifest !== undefined && record.stateAfter === head.state) return manifest;
    return this.#recovering(head, () => readManifest(head.state, this.#blobs));
  }

  /** Makes sure that it can be read, so far as anybody has noticed. */
  recover(head: Head): Promise<void> {
    return this.#recovering(head, async () => {
      const blobs = blobsOfManifest(await readManifest(head.state, this.#blobs));
      for (const blob of blobs) if (!(await this.#blobs.has(blob))) await this.#blobs.get(blob);
    });
  }

  async #recovering<T>(head: Head, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      await this.#recovery.recover(head, error);
      return read();
    }
  }
}
