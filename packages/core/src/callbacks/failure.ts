import { RepriseError } from '../errors/base.js';

/**
 * What is thrown where a callback threw in a hook: an error of ours as it is, and the signal's reason where that is what ended it, as it tells what waits
 * for something to stop.
 */
export function failureOf(callback: string, hook: string, cause: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted === true && (cause === signal.reason || isAbort(cause))) return signal.reason;
  if (cause instanceof RepriseError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RepriseError(
    'CALLBACK_FAILED',
    `The callback '${callback}' threw in ${hook}: ${why}. The model is back at the state before this train().`,
    { cause },
  );
}

function isAbort(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'AbortError';
}
