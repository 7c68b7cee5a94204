/** Where text goes. */
export interface Sink {
  write(text: string): void;
  readonly isTerminal: boolean;
  readonly columns: number;
}

/** What the command line takes from the process that it runs in. */
export interface Io {
  readonly out: Sink;
  readonly err: Sink;
  readonly env: { readonly [name: string]: string | undefined };
  /** The working directory. */
  readonly folder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
