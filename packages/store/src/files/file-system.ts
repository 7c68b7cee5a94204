/** What the store asks of a file system. Failures are Node's own errors, with their `code`. */
export interface FileSystem {
  /** Whether its paths are the machine's own, so that another thread can open them by itself. */
  readonly isDirect: boolean;
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
  /** Fills the memory with the first bytes of a file; returns how many there were. */
  readInto(path: string, memory: Uint8Array): Promise<number>;
  /** The names in a folder, in no order; none where there is no such folder. */
  list(path: string): Promise<readonly string[]>;
  /** What is at a path, at once; undefined where there is nothing. */
  lookNow(path: string): FileInfo | undefined;
  /** Removes an empty folder. */
  removeFolder(path: string): Promise<void>;
  /** Bytes that this user can still write there. */
  space(path: string): Promise<number>;
  /** The number that the system gives to this kind of file system (Linux: the magic number of statfs). Fails where there is nothing at the path. */
  kind(path: string): Promise<number>;
}

export interface FileInfo {
  readonly isFolder: boolean;
  readonly size: number;
  /** When its bytes last changed, in milliseconds since 1970. */
  readonly modifiedAt: number;
  /** When anything of it last changed, such as its name. */
  readonly changedAt: number;
}

export interface WritableFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Makes the bytes durable. After a failure nothing is known of them, and a second call may well succeed without writing: discard the file. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
