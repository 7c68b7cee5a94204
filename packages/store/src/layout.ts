import { join } from 'node:path';
import { StoreError, isDigest } from '@reprise/core';

/** Where things are in a store's folder. Only digests ever become file names; ids of users stay inside the database. */
export interface Layout {
  readonly root: string;
  readonly database: string;
  readonly format: string;
  readonly blobs: string;
  readonly temporary: string;
  /** Damaged files that a repair set aside. */
  readonly damaged: string;
}

export function layoutOf(root: string): Layout {
  return {
    root,
    database: join(root, 'log.db'),
    format: join(root, 'format.json'),
    blobs: join(root, 'blobs'),
    temporary: join(root, 'tmp'),
    damaged: join(root, 'damaged'),
  };
}

/** The fan-out folder and the file of a digest. */
export function blobPath(layout: Layout, digest: string): { readonly folder: string; readonly file: string } {
  if (!isDigest(digest)) {
    throw new StoreError(
      'STORE_CORRUPT',
      `The store's index names a blob by ${JSON.stringify(digest)}, which is no digest.`,
      {
        subject: digest,
        path: layout.database,
      },
    );
  }
  const hex = digest.slice(digest.indexOf('-') + 1);
  const folder = join(layout.blobs, hex.slice(0, 2));
  return { folder, file: join(folder, hex) };
}
