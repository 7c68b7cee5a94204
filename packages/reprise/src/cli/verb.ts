import type { OnProgress, Store } from '@reprise/core';
import type { Paint } from './paint.js';

/** What a verb works with. */
export interface Session extends Asking {
  readonly store: Store;
  readonly paint: Paint;
  /** How the command line was called, to say what to call next: `reprise --store runs`. */
  readonly command: string;
  /** How wide lines may be; null where nobody says. */
  readonly width: number | null;
  readonly now: () => number;
}

/** What was asked of a verb. */
export interface Asking {
  /** The arguments in their order; those that may be left out can be undefined. */
  readonly args: readonly (string | undefined)[];
  /** Whether an option was given. */
  readonly has: (option: string) => boolean;
  /** What was given to an option that takes something. */
  readonly value: (option: string) => string | undefined;
  /** The same for one that takes several things. */
  readonly values: (option: string) => readonly string[];
  /** Shows how far a long task has come. */
  readonly progress: OnProgress;
}

/** What works on the folder of a store that can't be opened. */
export type ActOnFolder = (asking: Asking & { readonly folder: string }) => Promise<Reply>;

/** What a verb has to say: to programs and to people. */
export interface Reply {
  readonly data: unknown;
  readonly lines: readonly string[];
  /** 1 where what was looked for is not well. Default 0. */
  readonly exitCode?: number;
}

export type Act = (session: Session) => Promise<Reply>;

/** Arguments that are there in a number that the verb doesn't take. */
export class UsageError extends Error {}
