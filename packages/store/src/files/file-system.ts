/** What the store asks of a file system. Failures are Node's own errors, with their `code`. */
export interface FileSystem {
  /** Makes a folder and its missing parents. Returns the topmost one made, undefined where it was there. */
  makeFolder(path: string): Promise<string | undefined>;
  /** Makes a new file that nobody can write to but through what is returned. Fails where the path is taken. */
  create(path: string): Promise<WritableFile>;
  /** Replaces what is at `to`. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes the entries of a folder durable. */
  syncFolder(path: string): Promise<void>;
  /** The bytes of a file; undefined where there is none. */
  size(path: string): Promise<number | undefined>;
  /** The same, at once, for use inside a transaction. */
  sizeNow(path: string): number | undefined;
  /** Removes a file, at once; nothing where there is none. */
  removeNow(path: string): void;
  /** The first `length` bytes of a file, fewer where it ends before, in memory of the caller's own. */
  read(path: string, length: number): Promise<Uint8Array>;
}

export interface WritableFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Makes the bytes durable. After a failure nothing is known of them, and a second call may well succeed without writing: discard the file. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
