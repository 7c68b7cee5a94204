#!/usr/bin/env node
import type { Io, Sink } from './io.js';
import { run } from './run.js';

function sink(stream: NodeJS.WriteStream): Sink {
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY,
    columns: stream.columns ?? 80,
  };
}

// Whoever reads has read enough: `reprise log mnist | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const io: Io = {
  out: sink(process.stdout),
  err: sink(process.stderr),
  env: process.env,
  folder: process.cwd(),
  now: () => Date.now(),
};
process.exitCode = await run(process.argv.slice(2), io);
