import type { Digest } from '../values/digest.js';
import type { Tensors } from '../values/tensor.js';
import type { FileDigests } from './file-digests.js';
import type { Hasher } from './hasher.js';

/** Texts by name, beside the tensors of a file. */
export type FileTexts = { readonly [name: string]: string };

/** What a file of tensors holds. */
export interface TensorFile {
  /** Of the file's bytes. */
  readonly digest: Digest;
  /** Nobody else has their memory. */
  readonly tensors: Tensors;
  readonly texts: FileTexts;
}

/** Files of tensors by name, in a format that other programs read. Core itself knows neither the format nor a file system. */
export interface TensorFiles {
  /**
   * The digest of a file's bytes. One that has not changed since it was last hashed, by path, size, time and inode, is not read.
   * @throws RepriseError `FILE_IO`
   */
  digest(path: string, context: { readonly hasher: Hasher; readonly files: FileDigests }): Promise<Digest>;
  /** The texts alone. Costs a read of the file's header. @throws RepriseError `FILE_IO`, `FILE_FORMAT` */
  texts(path: string): Promise<FileTexts>;
  /** @throws RepriseError `FILE_IO`, `FILE_FORMAT` */
  read(path: string, hasher: Hasher): Promise<TensorFile>;
  /** The bytes of a file. Equal tensors and texts give equal bytes. Costs a copy. @throws OptionError where a name or a text can't be written */
  encode(tensors: Tensors, texts: FileTexts): Promise<Uint8Array>;
}
