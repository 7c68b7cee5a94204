import { open } from 'node:fs/promises';
import { fileFailed, isMissing } from '../host/user-files.js';

/**
 * Lets a file that has so many bytes keep some of them, and adds others behind those. In place: programs that read it while it grows have it open.
 * @returns false, and nothing is changed, where it is not there, or has another size: somebody else was at it
 * @throws RepriseError `FILE_IO`
 */
export async function grow(
  path: string,
  size: number,
  { keep, add }: { readonly keep: number; readonly add: Uint8Array },
): Promise<boolean> {
  try {
    const file = await open(path, 'r+');
    try {
      if ((await file.stat()).size !== size) return false;
      if (keep < size) await file.truncate(keep);
      let at = 0;
      while (at < add.byteLength) {
        const { bytesWritten } = await file.write(add, at, add.byteLength - at, keep + at);
        at += bytesWritten;
      }
      return true;
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw fileFailed(path, 'written', cause);
  }
}
