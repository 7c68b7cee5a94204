import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** What tells one process from all others, as far as the system says. */
export interface ProcessIdentity {
  readonly host: string;
  /** One run of a kernel; empty where the system doesn't say. */
  readonly boot: string;
  /** The space that process ids are counted in: containers have their own. Empty where the system doesn't say. */
  readonly namespace: string;
  readonly pid: number;
  /** When it began: numbers of processes are used again. Empty where the system doesn't say. */
  readonly started: string;
}

/** The processes of this machine. */
export interface Processes {
  /** This one. */
  readonly self: ProcessIdentity;
  /**
   * When the process of this number in this namespace began, as in `started`: null where there is none (or only its exit status is left),
   * undefined where there is one of which nothing can be seen, or where there is no telling.
   */
  readonly startOf: (pid: number) => string | null | undefined;
}

/** What /proc and the kernel say. Off Linux a process's number is all that is known. */
export function thisMachine(): Processes {
  machine ??= {
    self: {
      host: hostname(),
      boot: readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
      namespace: readOr(() => readlinkSync('/proc/self/ns/pid')),
      pid: process.pid,
      started: readOr(() => parseStat(readFileSync('/proc/self/stat', 'utf8')).started),
    },
    startOf,
  };
  return machine;
}

/** Nothing of this changes while the process lives. */
let machine: Processes | undefined;

function startOf(pid: number): string | null | undefined {
  try {
    const { state, started } = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return state === 'Z' || state === 'X' ? null : started;
  } catch {
    // Where /proc hides the processes of others, or is missing, a signal that does nothing still tells that one is there.
    return isThere(pid) ? undefined : null;
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Fields 3 and 22 of /proc/<pid>/stat. The second is the program's name, in parentheses, and may hold anything, parentheses and spaces too. */
export function parseStat(text: string): { readonly state: string; readonly started: string } {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', started: fields[19] ?? '' };
}

function readOr(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
