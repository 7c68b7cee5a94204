import type { LoadedNet } from '../ports/engine.js';
import type { CapturedState } from '../state/capture.js';
import type { UserFiles } from '../ports/user-files.js';
import type { LoggerRun } from '../loggers/logger.js';
import type { Host } from '../ports/host.js';

/** What a running op is given. */
export interface OpContext {
  readonly net: LoadedNet;
  readonly host: Host;
  readonly signal: AbortSignal;
  /** Prints a line that belongs to the op's record: it is printed again on replay. */
  line(text: string): void;
  /** Which train it is, as loggers are told. */
  readonly run?: LoggerRun;
  /** Files that the user names. Left out where there are none. */
  readonly files?: UserFiles;
  /** Whether a file is one of this model's, that may be written over. Left out where nobody can tell. */
  owns?(path: string): Promise<boolean>;
  /** A state as one file, which can be read without the store. Left out where there are no such files. */
  portable?(state: CapturedState, options: { readonly weightsOnly: boolean }): Promise<Uint8Array>;
}
