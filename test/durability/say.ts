import { statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { RepriseError } from '@reprise/core';

/** What a process under test says on its standard output, one JSON object a line. */
export type Said =
  /** What it is about to do, or goes on with. */
  | { readonly phase: Phase }
  /** A call has resolved: from now on, what it did is there, whatever becomes of the process. */
  | { readonly done: string; readonly facts?: Facts }
  /** It has come to its end. */
  | { readonly end: { readonly [name: string]: string } }
  | { readonly failed: string; readonly code: string | null };

/** Starting: it has said nothing yet. */
export type Phase = 'starting' | 'opening' | 'training' | 'saving' | 'appending' | 'gc' | 'closing';

/** What a log holds: the fingerprint at each live place, and of each tag. */
export type Facts = { readonly [place: string]: string };

/** A folder that logs who looks into it: what is said is so put in order with the writes there. */
const { SAID_IN } = process.env;
let said = 0;

/** Says it before this returns: nothing waits in a buffer that dies with the process. */
export function say(line: Said): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
  if (SAID_IN !== undefined && !('phase' in line))
    statSync(join(SAID_IN, `.said-${said++}`), { throwIfNoEntry: false });
}

/** Runs a process's work; a failure is said, with its code where it has one. */
export async function saying(work: () => Promise<void>): Promise<void> {
  const failed = (error: unknown): void => {
    const code = error instanceof RepriseError ? error.code : null;
    say({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error), code });
    process.exit(code === null ? 4 : 3);
  };
  process.on('uncaughtException', failed);
  process.on('unhandledRejection', failed);
  try {
    await work();
  } catch (error) {
    failed(error);
  }
}
