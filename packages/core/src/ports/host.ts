/** Where people read: standard output, or a test's buffer. */
export interface Output {
  write(text: string): void;
  /** A terminal that can redraw a line. */
  readonly isTerminal: boolean;
  readonly columns: number;
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
  /** Resolves after so many milliseconds, at once where the signal is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /**
   * Tells of signals that ask the process to end, in place of what they do by themselves, until what is returned is called, or one has come: the
   * next one ends the process at once. Left out where there are none.
   */
  onSignal?(listener: (signal: string) => void): () => void;
}
