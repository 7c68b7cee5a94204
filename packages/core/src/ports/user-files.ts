/** Files that the user names, beside the store. Paths are relative to the working directory. Everything here throws RepriseError `FILE_IO`. */
export interface UserFiles {
  /** Null where there is none. */
  read(path: string): Promise<Uint8Array | null>;
  exists(path: string): Promise<boolean>;
  /** Writes a whole file, with the folders that lead to it: at every instant there is the old one or the new one, and the new one is durable in the end. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Does nothing where there is none. */
  remove(path: string): Promise<void>;
}
