/** A system call that an op makes on something in a store's folder, so named that it can be asked for: the n-th of its kind on this path. */
export interface Call {
  readonly syscall: string;
  /** Below the store's folder; empty for itself. */
  readonly path: string;
  /** Counts from 1 among those of one thread. */
  readonly when: number;
  /** Whether it asks for a file to be made where there is none. */
  readonly creates: boolean;
}

/** The calls in a trace by `strace -f -y`, each once, in their order. */
export function callsIn(trace: string, folder: string): readonly Call[] {
  const counts = new Map<string, number>();
  const calls = new Map<string, Call>();
  for (const line of trace.split('\n')) {
    const [, thread = '', syscall = '', rest = ''] = /^(\d+)\s+(\w+)\((.*)$/.exec(line) ?? [];
    if (syscall === '' || syscall === 'execve') continue;
    const paths = new Set(pathsIn(rest, folder));
    for (const path of paths) {
      const key = `${thread} ${syscall} ${path}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const [path] = paths;
    if (path === undefined) continue;
    const call: Call = {
      syscall,
      path,
      when: counts.get(`${thread} ${syscall} ${path}`) ?? 1,
      creates: rest.includes('O_CREAT'),
    };
    calls.set(`${syscall} ${path} ${call.when}`, call);
  }
  return [...calls.values()];
}

/** Those in the arguments, as strings and as what a descriptor stands for. */
function* pathsIn(args: string, folder: string): Generator<string> {
  for (const [, quoted, descriptor] of args.matchAll(/"([^"]*)"|<([^>]*)>/g)) {
    const path = quoted ?? descriptor ?? '';
    if (path === folder) yield '';
    else if (path.startsWith(`${folder}/`)) yield path.slice(folder.length + 1);
  }
}

/** What becomes of a call. */
export type Fate = 'kill' | 'EIO' | 'ENOSPC';

const growing = new Set([
  'write',
  'pwrite64',
  'writev',
  'fsync',
  'fdatasync',
  'rename',
  'mkdir',
  'ftruncate',
  'fallocate',
]);

/** What can become of it: every call can be the last one, and fail; those that need room can find none. Locks on a local disk don't fail so. */
export function fatesOf({ syscall, creates }: Call): readonly Fate[] {
  if (syscall === 'fcntl') return ['kill'];
  return growing.has(syscall) || creates ? ['kill', 'EIO', 'ENOSPC'] : ['kill', 'EIO'];
}

/** Whether a process can't go on as if nothing had happened when this call fails: it makes a blob durable. */
export function isVital({ syscall, path }: Call): boolean {
  return /^(p?write(64)?|fsync|fdatasync|rename)$/.test(syscall) && /^(tmp|blobs)\//.test(path);
}
