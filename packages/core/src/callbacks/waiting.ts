/** Waits for a hook, or for the end of training: a hook that never ends must not hold that up. */
export async function orAborted(waits: PromiseLike<unknown>, signal: AbortSignal): Promise<void> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, fail) => {
    abort = () => fail(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([waits, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Whether a hook has returned something to wait for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}
