import type { LoadedNet } from '../ports/engine.js';
import type { Host } from '../ports/host.js';

/** What a running op is given. */
export interface OpContext {
  readonly net: LoadedNet;
  readonly host: Host;
  readonly signal: AbortSignal;
  /** Prints a line that belongs to the op's record: it is printed again on replay. */
  line(text: string): void;
}
