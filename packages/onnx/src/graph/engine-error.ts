import { RepriseError } from '@reprise/core';
import type { ErrorCode } from '@reprise/core';

/** A net, a loss or a model file that the engine can't take. `layer` and `op` say where, when that is known. */
export class EngineError extends RepriseError {
  readonly layer: string;
  readonly op: string;

  constructor(code: ErrorCode, message: string, options: { layer?: string; op?: string; cause?: unknown } = {}) {
    super(code, message, 'cause' in options ? { cause: options.cause } : undefined);
    this.layer = options.layer ?? '';
    this.op = options.op ?? '';
  }
}
