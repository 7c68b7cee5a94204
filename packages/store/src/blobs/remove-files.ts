import type { Database } from '../database/database.js';

/** A blob's file, asked inside a transaction, so that no other process adds or deletes its row meanwhile. */
export interface BlobFile {
  /** Its bytes; undefined where there is none. */
  sizeNow(): number | undefined;
  removeNow(): void;
}

/**
 * Removes the files of blobs whose rows were deleted in a transaction before: what is killed between the two leaves files that nothing names, never a row
 * without its file. Who has published a blob again since looks for its file in the transaction that adds the row, and finds it, or writes it once more.
 */
export function removeFiles(
  database: Database,
  blobs: readonly { readonly digest: string; readonly file: BlobFile }[],
): void {
  database.write(() => {
    for (const { digest, file } of blobs) {
      if (database.get('SELECT 1 FROM blobs WHERE digest = ?', digest) === undefined) file.removeNow();
    }
  });
}
