import { DataError } from '../data/data-error.js';
import { contentUnchanged, outlineOfData } from '../data/fingerprint.js';
import type { DataSource, SampleStream } from '../ports/data-source.js';
import type { Store } from '../ports/store.js';
import type { Fields } from '../replay/fields.js';
import type { Digest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import type { Data } from './call-options.js';

/** What the data sets of a process are, by content: each is hashed once. */
export class DataDigests {
  readonly #store: Pick<Store, 'hasher' | 'files'>;
  readonly #known = new WeakMap<object, Promise<Digest>>();

  constructor(store: Pick<Store, 'hasher' | 'files'>) {
    this.#store = store;
  }

  of(data: DataSource | SampleStream): Promise<Digest> {
    let known = this.#known.get(data);
    if (known === undefined) {
      const { hasher, files } = this.#store;
      known = Promise.resolve(data.fingerprint({ hasher, files }));
      this.#known.set(data, known);
      // What failed may be mended: the next call asks again.
      known.catch(() => this.#known.delete(data));
    }
    return known;
  }

  /** What these data sets are made of, below their paths. */
  async outlines(data: { readonly [path: string]: Data | null }): Promise<Fields> {
    const { hasher, files } = this.#store;
    const parts: (readonly [string, Plain])[] = [];
    for (const [path, source] of Object.entries(data)) {
      if (source === null) continue;
      const outline = await outlineOfData(source, { hasher, files });
      for (const [name, value] of Object.entries(outline)) parts.push([`${path}.${name}`, value]);
    }
    return Object.fromEntries(parts);
  }

  /**
   * Arrays that were written to since they were hashed: a result would be filed under data that it did not come from.
   * @throws DataError `DATA_ERROR`
   */
  requireUnchanged(data: Data): void {
    if (contentUnchanged(data)) return;
    this.#known.delete(data);
    throw new DataError(
      'DATA_ERROR',
      'The arrays of a data set were written to after they were given: the result would be filed under data that it did not come ' +
        'from, so it is not recorded. Make a new data set with arrays() for the new content.',
    );
  }
}
