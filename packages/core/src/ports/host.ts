import type { UserFiles } from './user-files.js';

/** Where people read: standard output, or a test's buffer. */
export interface Output {
  write(text: string): void;
  /** A terminal whose cursor can be moved. */
  readonly isTerminal: boolean;
  /** Of the terminal as it is now. */
  readonly columns: number;
  /** Whether the terminal shows colours, and nobody asked not to. Default false. */
  readonly colors?: boolean;
  /** How much was written to the terminal, by anybody: where it has grown, somebody else has printed. Cheap. Left out where there is no telling. */
  readonly written?: number;
  /**
   * Something is drawn that is not to stay: `undo` is written where the process ends before it is taken away. Call what is returned when it is gone. Left out
   * where there is no telling.
   */
  whileDrawn?(undo: string): () => void;
}

/** What core takes from the machine it runs on. */
export interface Host {
  readonly output: Output;
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds on a clock that never goes back. */
  elapsed(): number;
  /** For provenance. */
  readonly provenance: { readonly [name: string]: string | number };
  readonly availableThreads: number;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  /** Left out where there are none. */
  readonly files?: UserFiles;
  /** Fails as `writeFile` would, without writing anything: the folder is missing, or may not be written to. Left out where there is no telling. */
  checkWritable?(path: string): Promise<void>;
  /** Resolves after so many milliseconds, at once where the signal is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /**
   * Tells of signals that ask the process to end, in place of what they do by themselves, until what is returned is called, or one has come: the
   * next one ends the process at once. Left out where there are none.
   */
  onSignal?(listener: (signal: string) => void): () => void;
}
