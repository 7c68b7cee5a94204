/** Ctrl-C, a scheduler that wants the machine back, a terminal that is closed. */
export const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Writes `undo` where the process exits or is ended by a signal before what is returned is called. A signal then does what it would have done: it ends the
 * process where nobody else listens. It is heard once; by what comes after it, the process is ended at once.
 */
export function whileDrawn(undo: string, output: Pick<NodeJS.WriteStream, 'write'>): () => void {
  const exits = (): void => void output.write(undo);
  const heard = (signal: NodeJS.Signals): void => {
    stop();
    output.write(undo);
    // Another listener may have taken itself off by now, so this one is called before it.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const stop = (): void => {
    process.off('exit', exits);
    for (const signal of ending) process.off(signal, heard);
  };
  process.on('exit', exits);
  for (const signal of ending) process.prependListener(signal, heard);
  return stop;
}
