/** What a column holds. Whole numbers beyond 2^53 go in as bigint, and are not read back. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** One SQLite connection, synchronous: the least that the drivers have in common. Failures are the driver's own errors. */
export interface DriverConnection {
  prepare(sql: string): Statement;
  /** Runs statements that return nothing. */
  exec(sql: string): void;
  close(): void;
}

export interface Statement {
  run(...values: readonly SqlValue[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint };
  get(...values: readonly SqlValue[]): unknown;
  all(...values: readonly SqlValue[]): unknown[];
}

/** A package, or a part of Node, that opens SQLite databases. */
export interface Driver {
  readonly name: string;
  /** Whether it can be used here. Loads its binding; undefined where it works, else why it doesn't. */
  unavailable(): unknown;
  open(path: string): DriverConnection;
  /** SQLite's name for a failure, such as `SQLITE_BUSY` or `SQLITE_IOERR_FSYNC`; undefined for errors that are not SQLite's. */
  failure(error: unknown): string | undefined;
}
